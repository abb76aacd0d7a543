/**
 * A record as it is stored: its versions with ids as numbers of the id book, and its residual if it has one. A settled
 * value costs at most 12 bytes beside itself, the format version and the checksum: one each for the head and the id, up
 * to four for a counter below 2^28, six for the time. Canonical; the layout is in docs/protocol.md.
 */

import { compareDots } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { readDotSet, writeDotSet } from '../../clock/encoding.ts';
import type { ByteWriter } from '../../codec/bytes.ts';
import { refuseBytes } from '../../codec/refuse.ts';
import { readValue, writeValue } from '../../codec/value-encoding.ts';
import { SIBLINGS_MAX, TIME_MAX } from '../../limits.ts';
import type { StoreRecord, Version } from '../record.ts';
import type { IdBook } from './id-book.ts';
import { seal, unseal } from './layout.ts';

/** The bytes stored under `key`, the engine's. */
export function encodeStoredRecord(key: Uint8Array, record: StoreRecord, ids: IdBook): Uint8Array {
  return seal(key, (writer) => writeStoredRecord(writer, record, ids));
}

/** Writes what is sealed then. */
export function writeStoredRecord(writer: ByteWriter, { versions, residual }: StoreRecord, ids: IdBook): void {
  writer.varint(versions.length * 2 + (residual.isEmpty ? 0 : 1));
  for (const version of versions) writeStoredVersion(writer, version, ids);
  if (!residual.isEmpty) writeDotSet(writer, residual);
}

/** The same for a record of one version without a residual. */
export function writeSettledRecord(writer: ByteWriter, version: Version, ids: IdBook): void {
  writer.u8(2);
  writeStoredVersion(writer, version, ids);
}

function writeStoredVersion(writer: ByteWriter, { id, counter, time, value }: Version, ids: IdBook): void {
  writer.varint(ids.numberOf(id) * 2 + (value === undefined ? 0 : 1));
  writer.varint(counter);
  writer.varint(time);
  if (value !== undefined) writeValue(writer, value);
}

/** Throws: RECORD_CORRUPT for anything that encodeStoredRecord does not write under this key. */
export function decodeStoredRecord(key: Uint8Array, sealed: Uint8Array, ids: IdBook): StoreRecord {
  return unseal(key, sealed, (reader) => {
    const head = reader.varint(SIBLINGS_MAX * 2 + 1);
    const versions: Version[] = [];
    for (let left = Math.floor(head / 2); left > 0; left -= 1) {
      const kind = reader.varint();
      const id = ids.idOf(Math.floor(kind / 2)) ?? refuseBytes('a version of a replica without a number');
      const counter = reader.varint();
      const time = reader.varint(TIME_MAX);
      const version: Version = { id, counter, time, value: kind % 2 === 0 ? undefined : readValue(reader) };
      const last = versions.at(-1);
      if (counter === 0 || (last !== undefined && compareDots(last, version) >= 0))
        refuseBytes('versions out of order');
      versions.push(version);
    }
    const residual = head % 2 === 0 ? DotSet.empty : readDotSet(reader);
    if ((head % 2 === 1) === residual.isEmpty || head === 0) refuseBytes('a record that holds nothing');
    return { versions, residual };
  });
}
