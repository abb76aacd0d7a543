/**
 * How long it takes to open many keys and to get the first, in a process of its own that has loaded its modules by
 * opening an empty place before, and what memory the process takes then. Before each time the pages of the files leave
 * the cache of the operating system, where `dd` can ask for it.
 */

import { execFileSync, fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectGarbage, ensure, median, timedAsync } from './measure.ts';
import type { StorageFigure } from './storage-report.ts';
import { fillCairn, fillRaw, inDirectories, openCairn, openRawLevel } from './storage-subjects.ts';
import { keyOf, makeWorkload, seeded, shuffled } from './workload.ts';

const SUBJECTS = ['raw', 'Cairn'] as const;
type Subject = (typeof SUBJECTS)[number];
/** Milliseconds, and megabytes of the process. `load`: what bringing all keys into memory takes, of the store only, and once. */
type Opening = { readonly open: number; readonly openMB: number; readonly load: number; readonly loadMB: number };

const SEED = 1_000;
const ROUNDS = { full: 5, small: 2 };

/** Measures both sides; in the small size in this process. */
export async function benchStorageOpen({ small }: { readonly small: boolean }): Promise<StorageFigure[]> {
  const count = small ? 2_000 : 1_000_000;
  return inDirectories(async (fresh) => {
    const directories = { raw: fresh(), Cairn: fresh() };
    await fill(directories, count);
    const empty = fresh();
    const taken: Record<Subject, Opening[]> = { raw: [], Cairn: [] };
    let dropped = true;
    for (let round = 0; round < (small ? ROUNDS.small : ROUNDS.full); round++) {
      for (const subject of SUBJECTS) {
        dropped = dropCache(directories[subject]) && dropped;
        const isLast = round === (small ? ROUNDS.small : ROUNDS.full) - 1;
        const key = keyOf((round * 7_919) % count);
        const args = [subject, directories[subject], `${empty}-${subject}`, key, String(isLast)] as const;
        taken[subject].push(await (small ? measureOpening(...args) : inChild(args)));
      }
    }
    // A message between processes has no NaN, but null.
    const of = (subject: Subject, what: keyof Opening): number =>
      median(taken[subject].map((each) => each[what]).filter(Number.isFinite));
    const keys = `${count.toLocaleString('en')} keys`;
    const cache = dropped ? 'no pages in the cache' : 'pages in the cache';
    return [
      {
        name: `cold open of ${keys} and first get, against raw level`,
        value: of('Cairn', 'open') / of('raw', 'open'),
        unit: 'times',
        floor: { atMost: 3 },
        note: `${of('Cairn', 'open').toFixed(1)} ms, raw ${of('raw', 'open').toFixed(1)} ms, ${cache}`,
      },
      {
        name: `memory of the process, ${keys} open`,
        value: of('Cairn', 'openMB'),
        unit: 'MB',
        note: `raw ${of('raw', 'openMB').toFixed(0)} MB`,
      },
      {
        name: `memory of the process, ${keys} loaded`,
        value: of('Cairn', 'loadMB'),
        unit: 'MB',
        note: `load takes ${of('Cairn', 'load').toFixed(0)} ms`,
      },
    ];
  });
}

async function fill(directories: Readonly<Record<Subject, string>>, count: number): Promise<void> {
  const keys = shuffled(
    Array.from({ length: count }, (_, id) => id),
    seeded(SEED),
  ).map(keyOf);
  const { values } = makeWorkload(Math.min(count, 100_000), SEED);
  const raw = await openRawLevel(directories.raw);
  await fillRaw(raw, keys, values, false);
  await raw.close();
  const store = await openCairn(directories.Cairn, 'level', 'buffered');
  await fillCairn(store, keys, values);
  await store.close();
}

async function measureOpening(
  subject: Subject,
  directory: string,
  empty: string,
  key: string,
  isLast: string,
): Promise<Opening> {
  return subject === 'raw'
    ? openingOfRaw(directory, empty, key)
    : openingOfCairn(directory, empty, key, isLast === 'true');
}

async function openingOfRaw(directory: string, empty: string, key: string): Promise<Opening> {
  await (await openRawLevel(empty)).close();
  const start = performance.now();
  const database = await openRawLevel(directory);
  const bytes = await database.get(key);
  const open = performance.now() - start;
  ensure(bytes !== undefined, 'the raw database lacks a key');
  const openMB = megabytes();
  await database.close();
  return { open, openMB, load: Number.NaN, loadMB: Number.NaN };
}

async function openingOfCairn(directory: string, empty: string, key: string, loads: boolean): Promise<Opening> {
  await (await openCairn(empty)).close();
  const start = performance.now();
  const store = await openCairn(directory);
  const answer = await store.get(key);
  const open = performance.now() - start;
  ensure(answer.status === 'live', 'the store lacks a key');
  const openMB = megabytes();
  const load = loads ? await timedAsync(() => store.load()) : Number.NaN;
  const loadMB = loads ? megabytes() : Number.NaN;
  await store.close();
  return { open, openMB, load, loadMB };
}

function megabytes(): number {
  collectGarbage();
  return process.memoryUsage().rss / 1e6;
}

/** Whether the pages of all files have left the cache. */
function dropCache(directory: string): boolean {
  try {
    for (const file of readdirSync(directory))
      execFileSync('dd', [`if=${join(directory, file)}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function inChild(args: readonly string[]): Promise<Opening> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: [...process.execArgv, '--expose-gc'] });
    child.once('message', (opening) => resolve(opening as Opening)); // sent at the end of this file
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`The process that opens ${args[0]} ended with ${code}.`));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const [subject, directory = '', empty = '', key = '', isLast = ''] = process.argv.slice(2);
  process.send(await measureOpening(subject === 'raw' ? 'raw' : 'Cairn', directory, empty, key, isLast));
  process.disconnect();
}
