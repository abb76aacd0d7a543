/**
 * What one replica hands another for a key: its versions and its effective context, bound to the key; and what is asked
 * of one that was made by hand. Its bytes are in replica-record-encoding.ts.
 */

import { checkInteger } from '../assert.ts';
import { checkCounter, checkReplicaId, compareDots } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { freezeValue } from '../codec/value.ts';
import { TIME_MAX } from '../limits.ts';
import type { Version } from './record.ts';

/** `versions` in dot order; `context`: every dot the sender's answer for this key covers, those of the versions too. */
export type ReplicaRecord = { readonly key: string; readonly versions: readonly Version[]; readonly context: DotSet };

/** A checked, frozen copy of a record made by hand. Throws: TypeError or RangeError naming what is wrong. */
export function checkReplicaRecord(record: ReplicaRecord, key: string): ReplicaRecord {
  const refuse = (fault: string): never => {
    throw new TypeError(`Cannot receive a record: ${fault}`);
  };
  if (!(record?.context instanceof DotSet) || !Array.isArray(record.versions)) refuse('it is not a record');
  if (record.key !== key) refuse('it is of another key');
  const versions = (record.versions as readonly Version[]) /* each is checked here */
    .map(({ id, counter, time, value }): Version => {
      checkReplicaId(id);
      checkCounter(counter);
      checkInteger(time, 'a time', 0, TIME_MAX);
      return { id, counter, time, value: value === undefined ? undefined : freezeValue(value) };
    });
  const checked = { key, versions, context: record.context };
  const fault = faultOfRecord(checked);
  if (fault !== undefined) refuse(fault);
  return checked;
}

/** What makes a record one that no replica hands out; undefined when it is sound. */
export function faultOfRecord(record: ReplicaRecord): string | undefined {
  let last: Version | undefined;
  for (const version of record.versions) {
    if (last !== undefined && compareDots(last, version) >= 0) return 'its versions are out of order';
    if (!record.context.has(version.id, version.counter)) return 'its context lacks a version';
    last = version;
  }
  return undefined;
}
