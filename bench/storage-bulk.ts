/**
 * What people do with a durable store beside putting one key: batches, gets of keys that are not in memory, loading,
 * backups, and an exchange. Each has the engine by hand or a store in memory beside it, as a note; none has a floor.
 */

import { openStore } from 'cairndb';
import { restoreBackup } from 'cairndb/durable';
import { level } from 'cairndb/level';
import { exchange } from 'cairndb/repair';
import { ensure, median, timedAsync } from './measure.ts';
import type { StorageFigure } from './storage-report.ts';
import {
  fillCairn,
  fillRaw,
  inDirectories,
  openCairn,
  openRawLevel,
  type RawLevel,
  type Store,
} from './storage-subjects.ts';
import { makeWorkload, type Profile, seeded, shuffled, type Workload } from './workload.ts';

const SEED = 10;
const ROUNDS = 3;

/** Measures each once a round. */
export async function benchStorageBulk({ small }: { readonly small: boolean }): Promise<StorageFigure[]> {
  const count = small ? 2_000 : 100_000;
  const gets = small ? 200 : 10_000;
  const exchanged = small ? 500 : 10_000;
  const workload = makeWorkload(count, SEED);
  const rounds: Round[] = [];
  for (let round = 0; round < (small ? 1 : ROUNDS); round++)
    rounds.push(await inDirectories((fresh) => measureRound(fresh, workload, gets, exchanged)));
  const of = (what: keyof Round): number => median(rounds.map((round) => round[what]));
  const perSecond = (rows: number, ms: number): number => (rows / ms) * 1_000;
  const speed = (rows: number, ms: number): string => `${Math.round(perSecond(rows, ms)).toLocaleString('en')}/s`;
  return [
    {
      name: 'durable batches of 1,000',
      value: perSecond(count, of('batch')),
      unit: 'rows/s',
      note: `raw ${speed(count, of('rawBatch'))}`,
    },
    {
      name: 'get of keys not in memory, one caller',
      value: perSecond(gets, of('getOne')),
      unit: 'gets/s',
      note: `raw ${speed(gets, of('rawGetOne'))}`,
    },
    {
      name: 'get of keys not in memory, 64 callers',
      value: perSecond(gets, of('getMany')),
      unit: 'gets/s',
      note: `raw ${speed(gets, of('rawGetMany'))}`,
    },
    {
      name: `load of ${count.toLocaleString('en')} keys`,
      value: of('load'),
      unit: 'ms',
      note: `raw scan that parses ${of('rawScan').toFixed(0)} ms`,
    },
    { name: 'backup', value: of('backup'), unit: 'MB/s', note: `${of('backupMB').toFixed(1)} MB` },
    { name: 'restore', value: of('restore'), unit: 'MB/s' },
    {
      name: `exchange of ${exchanged.toLocaleString('en')} records, durable, against in memory`,
      value: of('exchange') / of('exchangeInMemory'),
      unit: 'times',
      note: `${of('exchange').toFixed(0)} ms, in memory ${of('exchangeInMemory').toFixed(0)} ms`,
    },
  ];
}

/** Milliseconds; of backups, megabytes a second. */
type Round = Readonly<
  Record<
    | 'batch'
    | 'rawBatch'
    | 'getOne'
    | 'rawGetOne'
    | 'getMany'
    | 'rawGetMany'
    | 'load'
    | 'rawScan'
    | 'backup'
    | 'backupMB'
    | 'restore'
    | 'exchange'
    | 'exchangeInMemory',
    number
  >
>;

async function measureRound(fresh: () => string, workload: Workload, gets: number, exchanged: number): Promise<Round> {
  const { keys, values } = workload;
  const [directory, rawDirectory, restored] = [fresh(), fresh(), fresh()];
  const first = await openCairn(directory);
  const firstRaw = await openRawLevel(rawDirectory);
  const batch = await timedAsync(() => fillCairn(first, keys, values));
  const rawBatch = await timedAsync(() => fillRaw(firstRaw, keys, values, true));
  await first.close();
  await firstRaw.close();

  const asked = shuffled(keys, seeded(SEED));
  const store = await openCairn(directory);
  const raw = await openRawLevel(rawDirectory);
  const one = asked.slice(0, gets);
  const many = asked.slice(gets, 2 * gets);
  const read = async (key: string): Promise<void> =>
    ensure((await store.get(key)).status === 'live', 'the store lacks a key');
  const readRaw = async (key: string): Promise<void> => ensure(parsed(await raw.get(key)) >= 0, 'a key is missing');
  const getOne = await timedAsync(() => each(one, 1, read));
  const rawGetOne = await timedAsync(() => each(one, 1, readRaw));
  const getMany = await timedAsync(() => each(many, 64, read));
  const rawGetMany = await timedAsync(() => each(many, 64, readRaw));
  await store.close();

  const again = await openCairn(directory);
  const load = await timedAsync(() => again.load());
  ensure(again.stats().live === keys.length, 'not every key was loaded');
  const rawScan = await timedAsync(() => scanRaw(raw, keys.length));
  await raw.close();

  const chunks: Uint8Array[] = [];
  const backedUp = await timedAsync(async () => {
    for await (const chunk of again.backup()) chunks.push(chunk);
  });
  await again.close();
  const backupMB = chunks.reduce((sum, { length }) => sum + length, 0) / 1e6;
  const restoring = await timedAsync(() => restoreBackup(chunks, level(restored)));
  const perSecond = (ms: number): number => (backupMB / ms) * 1_000;
  return {
    ...{ batch, rawBatch, getOne, rawGetOne, getMany, rawGetMany, load, rawScan },
    ...{ backup: perSecond(backedUp), backupMB, restore: perSecond(restoring) },
    exchange: await timeExchange(
      await openCairn(fresh()),
      await openCairn(fresh(), 'level', 'synced', 'oslo'),
      workload,
      exchanged,
    ),
    exchangeInMemory: await timeExchange(
      await openStore<Profile>({ name: 'berlin' }),
      await openStore<Profile>({ name: 'oslo' }),
      workload,
      exchanged,
    ),
  };
}

/** Gives each key to `read`, so many at a time. */
async function each(keys: readonly string[], callers: number, read: (key: string) => Promise<void>): Promise<void> {
  let at = 0;
  const caller = async (): Promise<void> => {
    for (let key = keys[at++]; key !== undefined; key = keys[at++]) await read(key);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

function parsed(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? -1 : (JSON.parse(Buffer.from(bytes).toString()) as Profile).id; // as it was written
}

async function scanRaw(raw: RawLevel, count: number): Promise<void> {
  let found = 0;
  for await (const value of raw.values()) if (parsed(value) >= 0) found += 1;
  ensure(found === count, 'the raw scan missed keys');
}

async function timeExchange(from: Store, to: Store, { keys, values }: Workload, count: number): Promise<number> {
  await fillCairn(from, keys.slice(0, count), values);
  const ms = await timedAsync(() => exchange(from, to));
  await to.load();
  ensure(to.stats().live === count, 'the exchange left something out');
  await from.close();
  await to.close();
  return ms;
}
