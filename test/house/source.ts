/**
 * What the house tests know about the repository: its tracked files, and what each TypeScript file imports and asserts,
 * read from its syntax tree so that comments, strings and examples in docstrings do not count.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

/** The root of the repository. */
export const root: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The text of a file, named from the root. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Whether a file or folder exists, named from the root. */
export function isThere(path: string): boolean {
  return existsSync(join(root, path));
}

/** Every file under `folder` that ends in `ending`, named from the root with `/`, in order. */
export function filesUnder(folder: string, ending = ''): string[] {
  if (!isThere(folder)) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Every file that is part of the project: what git tracks or would track; outside a checkout, the folders by name. */
export function projectFiles(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
    return listed
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== '' && isThere(path))
      .sort();
  } catch {
    const top = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile());
    const folders = ['src', 'test', 'bench', 'scripts', 'examples', 'docs', '.ci'];
    return [...top.map((entry) => entry.name), ...folders.flatMap((folder) => filesUnder(folder))].sort();
  }
}

/** A node of a syntax tree: only what is asked of it here. */
export type SyntaxNode = { readonly type: string; readonly start: number; readonly [field: string]: unknown };

const trees = new Map<string, SyntaxNode>();

/** The syntax tree of a TypeScript file. */
export function treeOf(path: string): SyntaxNode {
  const known = trees.get(path);
  if (known !== undefined) return known;
  const tree = parseAst(readText(path), { lang: 'ts' }) as unknown as SyntaxNode; // the parser types its nodes one by one
  trees.set(path, tree);
  return tree;
}

/** Every node under `node`, itself included, in source order of the parents. */
export function* walk(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? field : [field]) {
      if (isNode(child)) yield* walk(child);
    }
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The 1-based line of an offset into `text`. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** One import or re-export of a file: the specifier as written, and the file it means when it is relative. */
export type Import = { readonly specifier: string; readonly file: string | undefined };

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/** Everything a file imports: static, dynamic, type-only and re-exported alike. */
export function importsOf(path: string): Import[] {
  const found: Import[] = [];
  for (const node of walk(treeOf(path))) {
    if (!IMPORTING.has(node.type) || !isNode(node['source'])) continue;
    // What a user names when it runs: no file of ours, and no package.
    if (node.type === 'ImportExpression' && node['source'].type !== 'Literal') continue;
    const specifier = String(node['source']['value']);
    const isRelative = specifier.startsWith('.');
    found.push({ specifier, file: isRelative ? posix.join(posix.dirname(path), specifier) : undefined });
  }
  return found;
}
