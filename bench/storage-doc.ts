/**
 * `tsx bench/storage-doc.ts FIGURES.json`: puts the figures of `npm run --silent bench:storage -- --json > FIGURES.json`
 * into the section "Durable stores" of docs/performance.md; the prose around them is written by hand.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { between } from './performance-doc.ts';
import { formatStorageMarkdown, formatStorageSummary, type StorageResult } from './storage-report.ts';

const target: string = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

/** The text with the table of `result` between its marks. */
export function fillStorageTable(text: string, { figures, node, platform }: StorageResult): string {
  const summary = `${formatStorageSummary(figures)} (Node ${node}, ${platform}).`;
  return between(text, 'storage', `${formatStorageMarkdown(figures)}\n\n${summary}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new TypeError('Cannot fill docs/performance.md: name the file with the figures');
  const result: StorageResult = JSON.parse(readFileSync(file, 'utf8'));
  if (result.small) throw new TypeError('Cannot fill docs/performance.md: these are figures of a small run');
  writeFileSync(target, fillStorageTable(readFileSync(target, 'utf8'), result));
}
