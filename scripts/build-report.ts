/**
 * Bundles the script and the style of the report's page (src/web/report) into src/lab/report/page.generated.ts, so that a
 * report can be made where there is neither a bundler nor a file system. With `--check` it writes nothing and exits 1 when
 * the module does not say what the sources say.
 */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const target: string = fileURLToPath(new URL('../src/lab/report/page.generated.ts', import.meta.url));
const source = (file: string): string => fileURLToPath(new URL(`../src/web/report/${file}`, import.meta.url));

/** The whole of page.generated.ts. */
export async function renderPageModule(): Promise<string> {
  const [script, style] = await Promise.all([bundled('main.ts'), bundled('page.css')]);
  return `/** The script and the style of a report's page. Generated from src/web/report by \`npm run build:report\`. */

export const PAGE_SCRIPT: string = ${asLiteral(script)};

export const PAGE_SCRIPT_HASH = '${hashOf(script)}';

export const PAGE_STYLE: string = ${asLiteral(style)};

export const PAGE_STYLE_HASH = '${hashOf(style)}';
`;
}

/** Whether page.generated.ts says what the sources say. */
export async function isPageModuleCurrent(): Promise<boolean> {
  return readFileSync(target, 'utf8') === (await renderPageModule());
}

async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ entryPoints: [source(file)], bundle: true, minify: true, write: false, charset: 'utf8' },
    ...{ format: 'iife', target: ['es2022'], legalComments: 'none' },
  });
  // An end tag within would end the element that holds it.
  return (outputFiles[0]?.text ?? '').trim().replace(/<\/(script|style)/gi, '<\\/$1');
}

/** As the policy of a page names what it may run. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A string literal with a line for each so many characters, so that a change can be looked at. */
function asLiteral(text: string): string {
  const lines = text.match(/[\s\S]{1,2000}/g) ?? [];
  return lines.map((line) => `\n  ${JSON.stringify(line)}`).join(' +');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) {
    const text = await renderPageModule();
    writeFileSync(target, text);
    console.log(`src/lab/report/page.generated.ts: ${text.length} characters`);
  } else if (!(await isPageModuleCurrent())) {
    console.error(
      'src/lab/report/page.generated.ts does not say what src/web/report says: run `npm run build:report`.',
    );
    process.exitCode = 1;
  }
}
