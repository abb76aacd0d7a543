/**
 * Reads everything a durable store has written, from one snapshot and without believing what is in memory: checksums,
 * the dot index against the records, and the sums against both. What does not agree is a fault, with its key and dots.
 */

import type { Dot } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { equalBytes } from '../../codec/byte-arrays.ts';
import { ByteReader } from '../../codec/bytes.ts';
import type { Hash64 } from '../../codec/hash.ts';
import { CausalError } from '../../errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Fault, OnProgress } from '../journal.ts';
import { find, type StoreRecord, type Version } from '../record.ts';
import { Table } from '../table.ts';
import { DotSum, same } from './dot-sum.ts';
import type { IdBook } from './id-book.ts';
import { counterOf, DOT_OF_FORMAT_1, KIND, numberOf, textOf } from './layout.ts';
import { NameIndex, readStoredNames } from './name-index.ts';
import { readNames } from './names.ts';
import { decodeMoment, MOMENT_KEY, type Moment } from './stored-meta.ts';
import { decodeStoredRecord } from './stored-record.ts';

export type CheckResult = {
  readonly faults: readonly Fault[];
  readonly records: number;
  readonly dots: number;
  /** Entries of the index that cannot be read. */
  readonly unreadable: readonly Uint8Array[];
};

/** Checks all that is stored. Cost: O(keys) time and memory. */
export async function checkStored(storage: Storage, ids: IdBook, onProgress?: OnProgress): Promise<CheckResult> {
  const index = new NameIndex();
  let indexed: ReturnType<NameIndex['byKey']> | undefined;
  const stored = new Table();
  const faults: Fault[] = [];
  const unreadable: Uint8Array[] = [];
  const dotSum = new DotSum();
  let records = 0;
  let moment: Moment | undefined;
  const visitRecord = (bytes: Uint8Array, sealed: Uint8Array): void => {
    records += 1;
    const key = tryText(bytes);
    if (key === undefined) return;
    indexed ??= index.byKey(ids);
    const named = indexed.named.get(key) ?? [];
    indexed.named.delete(key);
    const record = tryDecode(bytes, sealed, ids);
    if (record === undefined) {
      faults.push({ kind: 'record-corrupt', key, dots: DotSet.of(named) });
      return;
    }
    stored.set(key, record);
    for (const version of record.versions) dotSum.count(version, 1);
    compareIndex(key, named, record, faults);
  };
  // In the order of their keys: the index before the records that it names.
  const visit = (bytes: Uint8Array, sealed: Uint8Array): void => {
    if (bytes[0] === DOT_OF_FORMAT_1) {
      const key = keyIn(sealed);
      if (key !== undefined) index.name(numberOf(bytes), counterOf(bytes), key);
    } else if (bytes[0] === KIND.names) {
      if (!tryNames(bytes, sealed, index)) unreadable.push(bytes);
    } else if (equalBytes(bytes, MOMENT_KEY)) {
      moment = decodeMoment(sealed);
      readNames(new ByteReader(moment.names.bytes), index);
    } else if (bytes[0] === KIND.record) {
      visitRecord(bytes, sealed);
    }
  };
  for await (const chunk of storage.scan({
    from: Uint8Array.of(DOT_OF_FORMAT_1),
    to: Uint8Array.of(KIND.record + 1),
  })) {
    for (const [bytes, sealed] of chunk) visit(bytes, sealed);
    onProgress?.(records, 0);
  }
  const { named, dots, sum } = indexed ?? index.byKey(ids);
  // When the records hold every dot that was written, those that the index names beside them went before.
  const isWhole = moment !== undefined && same(moment.dots, dotSum.value);
  const kind = isWhole ? 'index-stale' : 'record-missing';
  for (const [key, lost] of named) faults.push({ kind, key, dots: DotSet.of(lost) });
  const isIndexWhole = moment !== undefined && unreadable.length === 0 && same(moment.dots, sum);
  // Who of two that differ is wrong, the sum over all that was written tells.
  if (!isWhole && isIndexWhole) believeIndex(faults);
  else dropHeld(faults);
  if (unreadable.length > 0) faults.push({ kind: 'index-corrupt' });
  const isDotLost = faults.some(({ kind }) => LOSSES.includes(kind));
  const isAllNamed = isIndexWhole || (moment !== undefined && same(moment.dots, sumWithLost(dotSum.value, faults)));
  const isKnown = isDotLost ? isAllNamed : isWhole && moment !== undefined && areSumsOf(moment, stored);
  if (moment !== undefined && !isKnown) faults.push({ kind: 'sum-differs' });
  return { faults, records, dots, unreadable };
}

/** Whether the index names what a sound record holds, and nothing else. */
function compareIndex(key: string, named: readonly Dot[], { versions }: StoreRecord, faults: Fault[]): void {
  const unindexed = versions.filter((version) => find(named as Version[], version) === undefined); // find looks at dots
  const stale = named.filter((dot) => find(versions, dot) === undefined);
  if (unindexed.length > 0) faults.push({ kind: 'index-missing', key, dots: DotSet.of(unindexed) });
  if (stale.length > 0) faults.push({ kind: 'index-stale', key, dots: DotSet.of(stale) });
}

/** Faults that took versions with them. */
const LOSSES: readonly Fault['kind'][] = ['record-corrupt', 'record-former', 'record-missing'];

/** The sum of what is there and of what is known to be lost: if that is not all, something vanished with what named it. */
function sumWithLost(there: Hash64, faults: readonly Fault[]): Hash64 {
  const sum = new DotSum();
  sum.begin(there);
  for (const fault of faults) {
    if (fault.kind !== 'record-missing' && fault.kind !== 'record-corrupt') continue;
    for (const dot of fault.dots) sum.count(dot, 1);
  }
  return sum.value;
}

/** Records that the index does not name as they are were written over since. */
function believeIndex(faults: Fault[]): void {
  const former = new Map<string, { dots: DotSet; stale: DotSet }>();
  for (let at = faults.length - 1; at >= 0; at -= 1) {
    const fault = faults[at];
    if (fault?.kind !== 'index-missing' && fault?.kind !== 'index-stale') continue;
    faults.splice(at, 1);
    const { dots, stale } = former.get(fault.key) ?? { dots: DotSet.empty, stale: DotSet.empty };
    former.set(
      fault.key,
      fault.kind === 'index-missing'
        ? { dots, stale: stale.union(fault.dots) }
        : { dots: dots.union(fault.dots), stale },
    );
  }
  for (const [key, { dots, stale }] of former) faults.push({ kind: 'record-former', key, dots, stale });
}

/** Whether live hash and marks, where they are said, are those of what is stored. */
function areSumsOf({ live, marks }: Moment, stored: Table): boolean {
  return same(live, stored.liveHash) && (marks === undefined || marks === stored.marks);
}

/** A dot that a sound record holds is not lost, whatever key the index names for it. */
function dropHeld(faults: Fault[]): void {
  const held = faults.reduce(
    (all, fault) => (fault.kind === 'index-missing' ? all.union(fault.dots) : all),
    DotSet.empty,
  );
  if (held.isEmpty) return;
  for (let at = faults.length - 1; at >= 0; at -= 1) {
    const fault = faults[at];
    if (fault?.kind !== 'record-missing' && fault?.kind !== 'record-corrupt') continue;
    const dots = fault.dots.minus(held);
    if (dots.isEmpty && fault.kind === 'record-missing') faults.splice(at, 1);
    else faults[at] = { ...fault, dots };
  }
}

/** The key that an entry of the index of format 1 names; undefined when it is no text. */
function keyIn(value: Uint8Array): string | undefined {
  const named = new Uint8Array(value.length + 1);
  named.set(value, 1);
  return tryText(named);
}

/** The text in a key of the engine; undefined when its bytes are no text, as no store writes them. */
export function tryText(key: Uint8Array): string | undefined {
  try {
    return textOf(key);
  } catch {
    return undefined;
  }
}

/** Whether an entry of names could be read. */
function tryNames(key: Uint8Array, sealed: Uint8Array, index: NameIndex): boolean {
  try {
    readStoredNames(key, sealed, index);
    return true;
  } catch (error) {
    if (error instanceof CausalError && error.code === 'RECORD_CORRUPT') return false;
    throw error;
  }
}

/** The record, or undefined when its bytes are damaged. */
export function tryDecode(key: Uint8Array, sealed: Uint8Array, ids: IdBook): StoreRecord | undefined {
  try {
    return decodeStoredRecord(key, sealed, ids);
  } catch (error) {
    if (error instanceof CausalError && error.code === 'RECORD_CORRUPT') return undefined;
    throw error;
  }
}
