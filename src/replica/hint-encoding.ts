/**
 * A hint as it is stored, sealed as everything a store writes: the engine's key names target and key, the value says
 * which write and since when. docs/protocol.md has the layout.
 */

import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { refuseBytes } from '../codec/refuse.ts';
import { COUNTER_MAX, ID_BYTES_MAX, KEY_BYTES_MAX, TIME_MAX } from '../limits.ts';
import type { Hint } from '../repair/hints.ts';
import type { ByteEntry, ByteRange } from '../storage/storage.ts';
import { corrupt, seal, unseal } from '../store/durable/layout.ts';

const HINT_KIND = 0x68;

/** Every key of a hint. */
export const HINT_RANGE: ByteRange = { from: Uint8Array.of(HINT_KIND), to: Uint8Array.of(HINT_KIND + 1) };

/** The engine's key for what a target is owed of a key. */
export function hintKey({ target, key }: Pick<Hint, 'target' | 'key'>): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(HINT_KIND);
  writer.text(target);
  writer.text(key);
  return writer.finish();
}

/** The canonical bytes of a hint: key and value. Law: L5. */
export function encodeHint(hint: Hint): ByteEntry {
  const key = hintKey(hint);
  const value = seal(key, (writer) => {
    writer.text(hint.dot.id);
    writer.varint(hint.dot.counter);
    writer.varint(hint.keptAt);
  });
  return [key, value];
}

/** Throws: RECORD_CORRUPT for anything that encodeHint does not write; VERSION_UNSUPPORTED for a newer format. */
export function decodeHint([key, sealed]: ByteEntry): Hint {
  return unseal(key, sealed, (reader) => {
    const names = new ByteReader(key);
    if (names.u8() !== HINT_KIND) throw corrupt(key, 'it is no hint');
    const target = names.text(ID_BYTES_MAX);
    const hinted = names.text(KEY_BYTES_MAX);
    names.expectEnd();
    const id = reader.text(ID_BYTES_MAX);
    const counter = reader.varint(COUNTER_MAX);
    const keptAt = reader.varint(TIME_MAX);
    if (target === '' || hinted === '' || id === '' || counter === 0) refuseBytes('a hint without a name');
    return { target, key: hinted, dot: { id, counter }, keptAt };
  });
}
