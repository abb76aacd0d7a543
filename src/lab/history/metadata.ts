/**
 * What causality costs a replica in bytes, beside keys and values: for a version on its own (as in a record handed to
 * one peer, less the context that all keys share), for a record in the stream of an exchange, and once for all keys.
 */

import { compareDots } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { ByteWriter } from '../../codec/bytes.ts';
import { encodeValue } from '../../codec/value-encoding.ts';
import { RecordWriter } from '../../repair/record-stream.ts';
import type { Version } from '../../store/record.ts';
import { writeVersions } from '../../store/replica-record-encoding.ts';

export type MetadataBytes = {
  /** Mean bytes of a settled version (dot and time) beside its value, written on its own. */
  readonly alonePerKey: number;
  /** Mean bytes a settled record takes beside key and value in the stream of an exchange. */
  readonly sentPerKey: number;
  /** The replica's `seen`: once, however many keys there are. */
  readonly seenOnce: number;
};

/** Of these keys, each with its one version. */
export function metadataBytes(
  settled: readonly (readonly [key: string, version: Version])[],
  seen: DotSet,
): MetadataBytes {
  const seenOnce = seen.encode().length;
  if (settled.length === 0) return { alonePerKey: 0, sentPerKey: 0, seenOnce };
  const alone = new ByteWriter();
  const ids = seen.ids();
  let values = 0;
  for (const [, version] of settled) {
    writeVersions(alone, [version], ids);
    if (version.value !== undefined) values += encodeValue(version.value).length;
  }
  // The same keys and values under the dots and times that cost least, two bytes each, tell key and value apart.
  const inDotOrder = [...settled].sort(([, a], [, b]) => compareDots(a, b));
  const cheapest = inDotOrder.map(
    ([key, { value }], at) => [key, { id: CHEAPEST_ID, counter: at + 1, time: 0, value }] as const,
  );
  const dearer = streamBytes(inDotOrder) - (streamBytes(cheapest) - CHEAPEST_ID_BYTES);
  return {
    alonePerKey: (alone.length - values) / settled.length,
    sentPerKey: 2 + dearer / settled.length,
    seenOnce,
  };
}

const CHEAPEST_ID = 'r';
/** Its number, length and text, sent once. */
const CHEAPEST_ID_BYTES = 3;

function streamBytes(records: readonly (readonly [key: string, version: Version])[]): number {
  const writer = new ByteWriter();
  const stream = new RecordWriter();
  for (const [key, version] of records) stream.write(writer, { key, versions: [version], residual: DotSet.empty });
  return writer.length;
}
