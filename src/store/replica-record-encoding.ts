/**
 * The bytes of what one replica hands another for a key. They are canonical, so equal knowledge gives equal bytes
 * (Law: L5, L12), and carry no checksum: transport and storage add their own.
 */

import { readDotSet, writeDotSet } from '../clock/encoding.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { readValue, writeValue } from '../codec/value-encoding.ts';
import { CausalError } from '../errors.ts';
import { KEY_BYTES_MAX, SIBLINGS_MAX, TIME_MAX } from '../limits.ts';
import { faultOfKey } from './key.ts';
import type { Version } from './record.ts';
import { faultOfRecord, type ReplicaRecord } from './replica-record.ts';

const FORMAT = 1;

/** Canonical bytes: version 1, key, context, versions. */
export function encodeReplicaRecord(record: ReplicaRecord): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(FORMAT);
  writer.text(record.key);
  writeDotSet(writer, record.context);
  writeVersions(writer, record.versions, record.context.ids());
  return writer.finish();
}

/** Throws: ENCODING_INVALID, VERSION_UNSUPPORTED. */
export function decodeReplicaRecord(bytes: Uint8Array): ReplicaRecord {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== FORMAT) {
    throw new CausalError(
      'VERSION_UNSUPPORTED',
      `Cannot read the record: its format is ${format}, this release reads ${FORMAT}`,
    );
  }
  const key = reader.text(KEY_BYTES_MAX);
  const context = readDotSet(reader);
  const versions = readVersions(reader, context.ids());
  reader.expectEnd();
  const record = { key, versions, context };
  const keyFault = faultOfKey(key);
  const fault = keyFault === undefined ? faultOfRecord(record) : `its key ${keyFault}`;
  if (fault !== undefined) throw new CausalError('ENCODING_INVALID', `Cannot read the record: ${fault}`);
  return record;
}

/**
 * The versions alone. An id is its place among `ids` (those of the context, which covers every version), so a settled
 * version costs at most 12 bytes beside its value: count, id and kind, counter, time.
 */
export function writeVersions(writer: ByteWriter, versions: readonly Version[], ids: readonly string[]): void {
  writer.varint(versions.length);
  for (const version of versions) {
    const at = ids.indexOf(version.id);
    if (at < 0)
      throw new RangeError(`Cannot encode the record: its context does not cover ${version.id}:${version.counter}`);
    writer.varint(at * 2 + (version.value === undefined ? 0 : 1));
    writer.varint(version.counter);
    writer.varint(version.time);
    if (version.value !== undefined) writeValue(writer, version.value);
  }
}

function readVersions(reader: ByteReader, ids: readonly string[]): Version[] {
  const count = reader.varint(SIBLINGS_MAX);
  const versions: Version[] = [];
  for (let at = 0; at < count; at += 1) {
    const head = reader.varint();
    const id = ids[Math.floor(head / 2)];
    if (id === undefined)
      throw new CausalError('ENCODING_INVALID', 'Cannot read a version: its context does not name its replica');
    const counter = reader.varint();
    if (counter < 1) throw new CausalError('ENCODING_INVALID', 'Cannot read a version: it has the counter 0');
    const time = reader.varint(TIME_MAX);
    versions.push({ id, counter, time, value: head % 2 === 0 ? undefined : readValue(reader) });
  }
  return versions;
}
