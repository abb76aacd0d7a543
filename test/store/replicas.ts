/**
 * Replicas for the tests of store and repair: fixed time and chance, records as short texts, what a key shows as a short
 * text, refusals as codes, and a digest of everything a store knows, to see that refused input changed nothing.
 */

import { expect } from 'vitest';
import type { Dot } from '../../src/clock/dot.ts';
import type { DotSet } from '../../src/clock/dot-set.ts';
import type { Value } from '../../src/codec/value.ts';
import { CausalError } from '../../src/errors.ts';
import type { Answer } from '../../src/store/answer.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { Version } from '../../src/store/record.ts';
import type { ReplicaRecord } from '../../src/store/replica-record.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import type { Sibling } from '../../src/store/resolve.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { set, showSet } from '../clock/literals.ts';

/** Fixed seed: a failing run is the same run again. */
export const SEED = 20_261_122;

/** The replica `name~1`, whose wall clock stands at 1,000 ms unless told otherwise. */
export function open<T = Value>(name = 'a', options: StoreOptions<T> = {}): Promise<VersionedKVStore<T>> {
  return openStore<T>({ name, incarnation: '1', env: { now: () => 1_000, random: () => 0.5 }, ...options });
}

/** `x1=red y2` is the write 1 of x and the delete 2 of y, both at the time 5; ids are single letters. */
export function versions(text: string, time = 5): Version[] {
  return words(text).map((word) => {
    const [dot = '', value] = word.split('=');
    return { id: dot.slice(0, 1), counter: Number(dot.slice(1)), time, value };
  });
}

/** What a peer hands over for a key: its versions, and a context such as `x1-3 y2` (by default: its own dots). */
export function recordOf(key: string, text: string, context?: string): ReplicaRecord {
  const held = versions(text);
  const own = held.map(({ id, counter }) => `${id}${counter}`).join(' ');
  return { key, versions: held, context: set(context ?? own) };
}

/** The inverse of `versions`. */
export function showVersions(held: readonly Version[]): string {
  return held.map((version) => `${version.id}${version.counter}${show(version.value)}`).join(' ');
}

function show(value: Value | undefined): string {
  return value === undefined ? '' : `=${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

/** `a:1 b:3` for dots of replicas that `open` made. */
export function showDots(dots: Iterable<Dot>): string {
  return [...dots].map(({ id, counter }) => `${id.replace('~1', '')}:${counter}`).join(' ');
}

/** What an answer shows: `absent`, `deleted`, `live red`, or `conflict red|†|blue` in dot order. */
export function shown<T>(answer: Answer<T>): string {
  if (answer.status === 'live') return `live ${text(answer.value)}`;
  return answer.status === 'conflict' ? `conflict ${answer.siblings.map(showSibling).join('|')}` : answer.status;
}

export function showSibling<T>(sibling: Sibling<T>): string {
  return sibling.tombstone ? '†' : text(sibling.value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The code of the CausalError, or the name of the error, that an attempt ends with; `accepted` if it does not. */
export async function refusalOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return 'accepted';
  } catch (error) {
    if (error instanceof CausalError) return error.code;
    return error instanceof Error ? error.name : String(error);
  }
}

/** Every record by its canonical bytes, the clocks and the counts: two equal digests mean an unchanged store. */
export async function digest<T>(store: VersionedKVStore<T>): Promise<string> {
  const state = stateOf(store);
  const records = [...state.table.cells()].map(([key]) => hex(encodeReplicaRecord(state.recordOf(key)))).sort();
  const { hi, lo } = state.table.liveHash;
  const clocks = [showSet(store.seen), JSON.stringify(store.reaped), `${hi} ${lo}`, store.members().join(' ')];
  return [...records, ...clocks, JSON.stringify(store.stats())].join('\n');
}

/** Expects the attempt to be refused with `code` and to leave the store as it was. Law: L21. */
export async function expectRefused<T>(
  store: VersionedKVStore<T>,
  code: string,
  attempt: () => unknown,
): Promise<void> {
  const before = await digest(store);
  expect(await refusalOf(attempt)).toBe(code);
  expect(await digest(store)).toBe(before);
}

/** Expects two replicas to hold the same bytes for every key either of them has. Law: L12. */
export function expectSame<T>(left: VersionedKVStore<T>, right: VersionedKVStore<T>): void {
  const [a, b] = [stateOf(left), stateOf(right)];
  expect(showSet(a.knowledge.seen)).toBe(showSet(b.knowledge.seen));
  const keys = new Set([...a.table.cells(), ...b.table.cells()].map(([key]) => key));
  const different = [...keys].filter((key) => recordHex(a.recordOf(key)) !== recordHex(b.recordOf(key)));
  expect(different).toEqual([]);
  expect(a.table.liveHash).toEqual(b.table.liveHash);
}

function recordHex(record: ReplicaRecord): string {
  return hex(encodeReplicaRecord(record));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Hands the records of `keys` from one replica to another. */
export async function share<T>(from: VersionedKVStore<T>, to: VersionedKVStore<T>, ...keys: string[]): Promise<void> {
  for (const key of keys) await to.receiveReplica(key, await from.record(key));
}

/** Whether a set covers a dot given as `a:1`, of a replica that `open` made. */
export function covers(context: DotSet, dot: string): boolean {
  const [name = '', counter] = dot.split(':');
  return context.has(`${name}~1`, Number(counter));
}

function words(all: string): string[] {
  return all.split(' ').filter((word) => word !== '');
}
