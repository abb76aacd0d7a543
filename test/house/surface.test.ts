/**
 * The public surface, name by name. A name that appears or goes is a decision: write it down with
 * `UPDATE_SURFACE=1 npx vitest run test/house/surface.test.ts` and say so in CHANGELOG.md.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isThere, readText, root, type SyntaxNode, treeOf } from './source.ts';

const LIST = 'test/house/surface.txt';

/** Entry point of the exports map → its file in src. */
const entries: readonly (readonly [string, string])[] = Object.keys(JSON.parse(readText('package.json')).exports)
  .filter((name) => !name.endsWith('.json'))
  .map((name) => [name, `src/${name === '.' ? '' : `${name.slice(2)}/`}index.ts`]);

/** The names a file exports, in order; types are marked as such. */
function exportsOf(path: string): string[] {
  const names: string[] = [];
  for (const node of bodyOf(treeOf(path))) {
    if (node.type !== 'ExportNamedDeclaration') continue;
    const { declaration, specifiers, exportKind } = node as unknown as {
      readonly declaration: {
        readonly id?: { readonly name: string };
        readonly declarations?: { id: { name: string } }[];
      } | null;
      readonly specifiers: readonly { readonly exported: { readonly name: string }; readonly exportKind: string }[];
      readonly exportKind: string;
    };
    for (const { exported, exportKind: own } of specifiers) {
      names.push(own === 'type' || exportKind === 'type' ? `type ${exported.name}` : exported.name);
    }
    const declared = declaration?.declarations?.map(({ id }) => id.name) ?? [declaration?.id?.name ?? []].flat();
    names.push(...declared.map((name) => (exportKind === 'type' ? `type ${name}` : name)));
  }
  return names.sort();
}

function bodyOf(tree: SyntaxNode): readonly SyntaxNode[] {
  return tree['body'] as readonly SyntaxNode[]; // a Program is a list of statements
}

test('the public surface is what surface.txt lists', () => {
  const surface = entries
    .filter(([, path]) => isThere(path))
    .map(([name, path]) => [name, ...exportsOf(path).map((exported) => `  ${exported}`), ''].join('\n'))
    .join('\n');
  if (process.env['UPDATE_SURFACE'] === '1') writeFileSync(join(root, LIST), surface);
  expect(surface).toBe(isThere(LIST) ? readText(LIST) : '');
});
