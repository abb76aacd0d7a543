/**
 * Pairs of replicas that hold equal keys, as the exchange is measured on: they met before, or each learnt everything
 * from a third one; with nothing behind them, or with a past, in which every key was overwritten and every second one
 * deleted and reaped. Ids are as long as the ones a store draws for itself.
 */

import { openStore, type VersionedKVStore } from 'cairndb';
import { exchange } from 'cairndb/repair';
import { ensure } from './measure.ts';
import { change, type Profile, type Random, shuffled, type Workload } from './workload.ts';

export type Store = VersionedKVStore<Profile>;
export type Pair = { readonly a: Store; readonly b: Store };
export type History = { readonly workload: Workload; readonly past: boolean };

const INCARNATIONS = { berlin: '4k2m9xq7', lima: 'z81hvn3c', oslo: '6ysr5bja' };

/** `members` undefined: the store waits for nobody when it reaps. */
export function openReplica(
  name: keyof typeof INCARNATIONS,
  members?: readonly string[],
  now?: () => number,
): Promise<Store> {
  return openStore<Profile>({
    name,
    incarnation: INCARNATIONS[name],
    ...(members === undefined ? {} : { members }),
    ...(now === undefined ? {} : { env: { now, random: Math.random } }),
  });
}

/** Two replicas that exchange with one another; each wrote half of what both hold. */
export async function makeMetPair({ workload, past }: History): Promise<Pair> {
  const members = ['berlin', 'lima'];
  const pair = { a: await openReplica('berlin', members), b: await openReplica('lima', members) };
  const { keys, values, changed } = workload;
  const writer = (at: number): Store => (at % 2 === 0 ? pair.a : pair.b);
  for (const [at, key] of keys.entries()) await writer(at).put(key, values[at] as Profile); // parallel
  await exchange(pair.a, pair.b);
  if (past) {
    for (const [at, key] of keys.entries()) await writer(at + (at >> 1)).put(key, changed[at] as Profile); // parallel
    await exchange(pair.a, pair.b);
    for (const [at, key] of keys.entries()) if (at % 2 === 0) await writer(at >> 1).delete(key);
    await exchange(pair.a, pair.b);
    await pair.a.reap();
    await pair.b.reap();
  }
  checkHistory(pair, workload, past);
  return pair;
}

/** A replica that two others can learn everything from. */
export async function makeSource({ workload, past }: History): Promise<Store> {
  const source = await openReplica('oslo');
  const { keys, values, changed } = workload;
  for (const [at, key] of keys.entries()) await source.put(key, values[at] as Profile); // parallel
  if (past) {
    for (const [at, key] of keys.entries()) await source.put(key, changed[at] as Profile); // parallel
    for (const [at, key] of keys.entries()) if (at % 2 === 0) await source.delete(key);
    await source.reap();
  }
  return source;
}

/** Two replicas that never met, and learnt the same from the source. */
export async function makeStrangers(source: Store, { workload, past }: History): Promise<Pair> {
  const pair = { a: await openReplica('berlin'), b: await openReplica('lima') };
  await exchange(source, pair.a);
  await exchange(source, pair.b);
  checkHistory(pair, workload, past);
  return pair;
}

/** Overwrites `count` keys, each at one replica, in turn at both or all at `a`. */
export async function differ(
  { a, b }: Pair,
  keys: readonly string[],
  sides: 'both' | 'one',
  random: Random,
): Promise<void> {
  for (const [at, key] of keys.entries()) {
    const writer = sides === 'both' && at % 2 === 1 ? b : a;
    const answer = writer.peek(key);
    ensure(answer.status === 'live', 'a key to overwrite is not live');
    await writer.put(key, change(answer.value, random));
  }
}

/** Random keys out of those that live on. */
export function someKeys({ workload, past }: History, count: number, random: Random): string[] {
  const alive = workload.keys.filter((_, at) => !past || at % 2 === 1);
  return shuffled(alive, random).slice(0, count);
}

function checkHistory({ a, b }: Pair, { keys }: Workload, past: boolean): void {
  const expected = past ? Math.floor(keys.length / 2) : keys.length;
  for (const store of [a, b]) {
    const { keys: held, live, tombstones } = store.stats();
    ensure(
      held === expected && live === expected && tombstones === 0,
      `${store.name} holds ${held} keys, ${live} live`,
    );
  }
  ensure(a.seen.equals(b.seen), 'the replicas have not seen the same');
}
