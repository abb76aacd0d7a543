/**
 * What causality costs in bytes beside key and value, for a settled value: in the stream of an exchange, everything
 * else in its messages counted (hello, clocks, frames), and in a record encoded on its own. Counted, not timed, so the
 * parts of the codec that say what key and value take are taken from the sources.
 */

import { encodeValue } from 'cairndb/codec';
import { exchange } from 'cairndb/repair';
import { encodeReplicaRecord } from 'cairndb/store';
import { ByteWriter } from '../src/codec/bytes.ts';
import { ValueStreamWriter } from '../src/codec/value-stream.ts';
import { ensure } from './measure.ts';
import { openReplica } from './pairs.ts';
import type { Figure } from './report.ts';
import { makeWorkload, type Profile, type Random, seeded, type Workload } from './workload.ts';

const SEED = 12;
const START = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

/** Counts over a difference of `count` records. */
export async function benchMetadata(count: number): Promise<Figure[]> {
  const workload = makeWorkload(count, SEED);
  const alone = bytesAlone(workload);
  const random = seeded(SEED);
  const busy = await sentBytes(workload, () => START + Math.floor(performance.now() - ORIGIN));
  const calm = await sentBytes(workload, clockWithGaps(random));
  const { whole, context } = await encodedBytes(workload, clockWithGaps(random));
  const limits = { floor: 12, aim: 6 };
  const note = `key and value ${(alone / count).toFixed(1)} bytes`;
  const row = (name: string, value: number): Figure => ({
    part: 'exchange',
    name: `settled metadata ${name}`,
    value,
    unit: 'bytes',
  });
  return [
    { ...row('on the wire, written in one go', (busy - alone) / count), ...limits, note },
    { ...row('on the wire, written a minute apart', (calm - alone) / count), ...limits, note },
    { ...row('in an encoded record, without what all keys share', whole - context), ...limits },
    {
      ...row('in an encoded record, whole', whole),
      note: `of this the context of all keys ${context.toFixed(1)} bytes`,
    },
  ];
}

const ORIGIN = performance.now();

/** The next write comes half a minute to a minute and a half later. */
function clockWithGaps(random: Random): () => number {
  let time = START;
  return () => (time += Math.floor(MINUTE_MS * (0.5 + random())));
}

/** Keys without the prefix they share with the last one, each with a length; values as one stream. */
function bytesAlone({ keys, values }: Workload): number {
  const writer = new ByteWriter();
  const stream = new ValueStreamWriter();
  let last = '';
  for (const [at, key] of keys.entries()) {
    let shared = 0;
    while (shared < last.length && last[shared] === key[shared]) shared += 1;
    writer.text(key.slice(shared));
    stream.write(writer, values[at] as Profile); // parallel
    last = key;
  }
  return writer.length;
}

async function sentBytes({ keys, values }: Workload, now: () => number): Promise<number> {
  const a = await openReplica('berlin', undefined, now);
  const b = await openReplica('lima', undefined, now);
  for (const [at, key] of keys.entries()) await a.put(key, values[at] as Profile); // parallel
  const { bytes, records } = await exchange(a, b);
  ensure(records === keys.length, `${records} records were sent`);
  return bytes;
}

/** Mean bytes of a record beside key and value, and how many of them are the context that the store has for all keys. */
async function encodedBytes(
  { keys, values }: Workload,
  now: () => number,
): Promise<{ whole: number; context: number }> {
  const store = await openReplica('berlin', undefined, now);
  for (const [at, key] of keys.entries()) await store.put(key, values[at] as Profile); // parallel
  let beside = 0;
  let context = 0;
  for (const [at, key] of keys.entries()) {
    const record = await store.record(key);
    beside += encodeReplicaRecord(record).length - key.length - encodeValue(values[at] as Profile).length; // parallel; keys are ASCII
    context += record.context.encode().length - 1; // its version byte is no part of a record
  }
  return { whole: beside / keys.length, context: context / keys.length };
}
