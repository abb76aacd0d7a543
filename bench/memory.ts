/**
 * Heap a key: what a store, and a Map with equal objects, holds after garbage collection while its keys are live,
 * overwritten, deleted and reaped. Each subject has a process of its own; it goes through everything once before it is
 * measured three times (the medians count), so that compiled code is no part of the figures. Keys and values are made anew for every write, as they
 * come from a network, so what a subject keeps of them counts for it and what it copied does not.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openStore } from 'cairndb';
import { exchange } from 'cairndb/repair';
import { collectGarbage, ensure, median } from './measure.ts';
import type { Figure } from './report.ts';
import { change, keyOf, makeProfile, type Profile, seeded, shuffled } from './workload.ts';

const SUBJECTS = ['Map', 'Cairn'] as const;
type Subject = (typeof SUBJECTS)[number];
/** Bytes a key at each moment of its life; `reaped` is divided by the keys there once were. */
type Residue = {
  readonly live: number;
  readonly received: number;
  readonly scanned: number;
  readonly overwritten: number;
  readonly deleted: number;
  readonly reaped: number;
};

const SEED = 349;

/** Measures both subjects; without `isolated` in this process, which has to be able to collect its garbage. */
export async function benchMemory(options: { readonly small: boolean; readonly isolated: boolean }): Promise<Figure[]> {
  const count = options.small ? 2_000 : 100_000;
  const measure = (subject: Subject): Promise<Residue> =>
    options.isolated ? inChild(subject, count) : measureSubject(subject, count);
  const map = await measure('Map');
  const cairn = await measure('Cairn');
  const ratio = (moment: 'live' | 'received' | 'scanned' | 'overwritten'): Omit<Figure, 'name'> => ({
    part: 'memory',
    value: cairn[moment] / map[moment],
    unit: 'times',
    note: `${bytes(cairn[moment])} a key, Map ${bytes(map[moment])}`,
  });
  return [
    { name: 'heap a live key, against Map', ...ratio('live'), floor: 1.3, aim: 1 },
    { name: 'heap a key received in an exchange, against Map', ...ratio('received') },
    { name: 'heap a live key once keys were scanned in order, against Map', ...ratio('scanned') },
    { name: 'heap an overwritten key, against Map', ...ratio('overwritten') },
    { part: 'memory', name: 'heap a deleted key, its tombstone waiting', value: cairn.deleted, unit: 'bytes' },
    {
      part: 'memory',
      name: 'heap a key after reaping',
      value: Math.max(0, Math.round(cairn.reaped * 10) / 10),
      unit: 'bytes',
      floor: 2,
      aim: 0,
      note: `Map after deleting ${bytes(map.deleted)}`,
    },
  ];
}

function bytes(value: number): string {
  return `${value.toFixed(1)} bytes`;
}

async function measureSubject(subject: Subject, count: number): Promise<Residue> {
  const ids = Int32Array.from(
    shuffled(
      Array.from({ length: count }, (_, id) => id),
      seeded(SEED),
    ),
  );
  const live = subject === 'Map' ? liveAsMap : liveAsCairn;
  await live(ids);
  const lives: Residue[] = [];
  while (lives.length < 3) lives.push(await live(ids));
  const of = (moment: keyof Residue): number => median(lives.map((residue) => residue[moment]));
  return {
    live: of('live'),
    received: of('received'),
    scanned: of('scanned'),
    overwritten: of('overwritten'),
    deleted: of('deleted'),
    reaped: of('reaped'),
  };
}

async function liveAsMap(ids: Int32Array): Promise<Residue> {
  const before = await heapBytes();
  const map = new Map<string, Profile>();
  const since = async (): Promise<number> => ((await heapBytes()) - before) / ids.length;
  for (const id of ids) map.set(keyOf(id), profileOf(id));
  const live = await since();
  for (const id of ids) map.set(keyOf(id), change(profileOf(id), seeded(id)));
  const overwritten = await since();
  ensure(map.size === ids.length, 'the Map does not hold every key');
  for (const id of ids) map.delete(keyOf(id));
  const deleted = await since();
  ensure(map.size === 0, 'the Map is not empty');
  return { live, received: live, scanned: live, overwritten, deleted, reaped: deleted };
}

async function liveAsCairn(ids: Int32Array): Promise<Residue> {
  const before = await heapBytes();
  const store = await openStore<Profile>({ name: 'berlin' });
  const since = async (): Promise<number> => ((await heapBytes()) - before) / ids.length;
  for (const id of ids) await store.put(keyOf(id), profileOf(id));
  const live = await since();
  let shown = 0;
  for (const [, answer] of store.entries()) if (answer.status === 'live') shown += 1;
  const scanned = await since();
  for (const id of ids) await store.put(keyOf(id), change(profileOf(id), seeded(id)));
  const overwritten = await since();
  ensure(shown === ids.length && store.stats().live === ids.length, 'the store does not hold every key');
  for (const id of ids) await store.delete(keyOf(id));
  const deleted = await since();
  await store.reap();
  ensure(store.stats().keys === 0 && store.stats().reaped === ids.length, 'tombstones stayed');
  const reaped = await since();
  await store.close();
  return { live, received: await receivedByCairn(ids), scanned, overwritten, deleted, reaped };
}

/** What a replica holds that learnt all keys from another, which is there before and after. */
async function receivedByCairn(ids: Int32Array): Promise<number> {
  const source = await openStore<Profile>({ name: 'oslo' });
  for (const id of ids) await source.put(keyOf(id), profileOf(id));
  const before = await heapBytes();
  const store = await openStore<Profile>({ name: 'berlin' });
  await exchange(source, store);
  const received = ((await heapBytes()) - before) / ids.length;
  ensure(store.stats().live === ids.length && source.stats().live === ids.length, 'not every key was received');
  return received;
}

function profileOf(id: number): Profile {
  return makeProfile(id, seeded(id));
}

/** `external` holds the array buffers too. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function inChild(subject: Subject, count: number): Promise<Residue> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [subject, String(count)], {
      execArgv: [...process.execArgv.filter((flag) => flag !== '--expose-gc'), '--expose-gc'],
    });
    child.once('message', (residue) => resolve(residue as Residue)); // sent at the end of this file
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`The process that measures ${subject} ended with ${code}.`));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const subject = SUBJECTS.find((name) => name === process.argv[2]);
  ensure(subject !== undefined && globalThis.gc !== undefined, 'a measuring process was started wrongly');
  process.send(await measureSubject(subject, Number(process.argv[3])));
  process.disconnect();
}
