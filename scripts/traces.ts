/**
 * `npm run traces -- [--schedules 100] [--minutes 0.5] [--seed 1]`: runs the same schedules and experiments on this Node, on Node 22
 * and 24 (packages that hold the program, put into a folder for the time being) and in Chromium, and compares the traces byte by
 * byte. A host that cannot be had is named; with REQUIRE_SERVICES=1 that is a failure.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { CHROMIUM, caller, isChromiumThere, launchChromium, servePage } from '../test/browser/chromium.ts';
import type { page as pageFunctions } from '../test/browser/sim-page.ts';
import type { TraceRange } from '../test/sim/traces.ts';

const NODES = ['22', '24'];
const OUTPUT_BYTES_MAX = 2 ** 26;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '0.5' },
    seed: { type: 'string', default: '1' },
  },
});
const range: TraceRange = {
  from: Number(values.seed),
  count: Number(values.schedules),
  minutes: Number(values.minutes),
  hasExperiments: true,
};
if (!Number.isSafeInteger(range.from) || !Number.isSafeInteger(range.count) || !(range.minutes > 0))
  throw new RangeError('Cannot compare traces: --seed and --schedules take integers, --minutes a number above 0');

const directory = mkdtempSync(join(tmpdir(), 'cairn-traces-'));
let missing = 0;
let different = 0;
try {
  const bundle = await bundled();
  const file = join(directory, 'traces.mjs');
  const ask = `console.log((await traces(${JSON.stringify(range)})).join('\\n'));process.exit(0);`;
  writeFileSync(file, `${bundle}\nconst { traces } = cairnTraces;\n${ask}`);
  const here = onNode(process.execPath, file);
  console.log(
    `${range.count} schedules of ${range.minutes} minutes and the presets on Node ${process.version}: ${digestOf(here)}`,
  );
  for (const version of NODES) compare(`Node ${version}`, here, () => onNode(nodeOf(version), file));
  if (isChromiumThere()) compare('Chromium', here, await inChromium());
  else compare('Chromium', here, () => missingHost(`there is no ${CHROMIUM}`));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (missing > 0 && process.env['REQUIRE_SERVICES'] === '1') process.exitCode = 1;
if (different > 0) process.exitCode = 1;

async function bundled(): Promise<string> {
  const entryPoints = [fileURLToPath(new URL('../test/sim/traces.ts', import.meta.url))];
  const options = { bundle: true, format: 'iife', globalName: 'cairnTraces', target: 'es2022', write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints });
  return outputFiles[0]?.text ?? '';
}

function compare(host: string, here: string, run: () => string): void {
  let there: string;
  try {
    there = run();
  } catch (error) {
    missing += 1;
    console.log(`${host}: not compared, ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    return;
  }
  if (there === here) {
    console.log(`${host}: the same traces`);
    return;
  }
  different += 1;
  const lines = there.split('\n');
  const at = here.split('\n').findIndex((line, index) => line !== lines[index]);
  console.log(`${host}: DIFFERENT from line ${at}: "${lines[at]}" instead of "${here.split('\n')[at]}"`);
}

function onNode(program: string, file: string): string {
  return execFileSync(program, [file], { encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX }).trim();
}

/** Where a Node of that version is, after it was fetched. */
function nodeOf(version: string): string {
  const name = `node-${process.platform}-${process.arch}`;
  const options = ['install', '--prefix', directory, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  try {
    execFileSync('npm', [...options, `${name}@${version}`], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return missingHost(`the package ${name}@${version} cannot be had`);
  }
  return join(directory, 'node_modules', name, 'bin', 'node');
}

function missingHost(why: string): never {
  throw new Error(why);
}

/** The traces of a page, asked for once. */
async function inChromium(): Promise<() => string> {
  const served = await servePage('sim-page.ts');
  const browser = await launchChromium(join(directory, 'profile'));
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${served.port}/`);
    const lines = await caller<typeof pageFunctions>()(tab, 'traces', range);
    return () => lines.join('\n').trim();
  } finally {
    await browser.close();
    served.close();
  }
}

/** A short name of a text, to see at a glance. */
function digestOf(text: string): string {
  let sum = 0;
  for (const character of text) sum = (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0;
  return sum.toString(16).padStart(8, '0');
}
