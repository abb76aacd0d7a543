/**
 * The entries of commits, in pieces of memory of which every key and value is a view. Measured: of each small array that
 * has memory of its own the engines make one more before they can look at it, which took longer than all that is done
 * here; and so did a piece of memory for each commit, where commits are small. What was handed out is not written over.
 * A key lies before its value, so that the checksum is taken over both at once.
 */

import { ByteWriter } from '../../codec/bytes.ts';
import { crc32 } from '../../codec/checksum.ts';
import { utf8Length } from '../../codec/text.ts';
import type { ByteEntry } from '../../storage/storage.ts';
import { CHECKSUM_BYTES, type Kind, STORED_FORMAT, writeBigEndian } from './layout.ts';

/** One piece of memory, and what has to be left of it for another commit. */
const PIECE_BYTES = 64 * 1024;
const LEFT_BYTES = 1024;

/** Gathers sealed entries, and keys to delete. */
export class EntryWriter {
  #writer = new ByteWriter(PIECE_BYTES);
  /** Offsets: where a key begins and ends, where its value does; 0 for a key to delete. */
  readonly #spans: number[] = [];
  #from = 0;
  #keyTo = 0;

  /** Begins an entry; what is written then until `end` is its value. */
  begin(kind: Kind, text: string): ByteWriter {
    this.#writeTextKey(kind, text);
    this.#writer.u8(STORED_FORMAT);
    return this.#writer;
  }

  /** The same with a key that is there already. */
  beginAt(key: Uint8Array): ByteWriter {
    const writer = this.#writer;
    this.#from = writer.length;
    writer.raw(key);
    this.#keyTo = writer.length;
    writer.u8(STORED_FORMAT);
    return writer;
  }

  end(): void {
    // Room for the checksum.
    for (let at = 0; at < CHECKSUM_BYTES; at += 1) this.#writer.u8(0);
    this.#spans.push(this.#from, this.#keyTo, this.#writer.length);
  }

  delete(kind: Kind, text: string): void {
    this.#writeTextKey(kind, text);
    this.#spans.push(this.#from, this.#keyTo, 0);
  }

  /** Adds what was written to a commit, and begins anew. */
  finish(puts: ByteEntry[], deletes: Uint8Array[]): void {
    const bytes = this.#writer.view();
    const { buffer, byteOffset } = bytes;
    const spans = this.#spans;
    for (let at = 0; at < spans.length; at += 3) {
      const from = spans[at] ?? 0;
      const keyTo = spans[at + 1] ?? 0;
      const to = spans[at + 2] ?? 0;
      // Measured: `subarray` takes more than twice as long.
      const key = new Uint8Array(buffer, byteOffset + from, keyTo - from);
      if (to === 0) {
        deletes.push(key);
        continue;
      }
      const body = to - CHECKSUM_BYTES;
      writeBigEndian(bytes, body, CHECKSUM_BYTES, crc32(bytes, 0, from, body));
      puts.push([key, new Uint8Array(buffer, byteOffset + keyTo, to - keyTo)]);
    }
    this.reset();
  }

  /** Forgets what was written and not handed out. */
  reset(): void {
    if (this.#writer.length > PIECE_BYTES - LEFT_BYTES) this.#writer = new ByteWriter(PIECE_BYTES);
    this.#spans.length = 0;
  }

  #writeTextKey(kind: Kind, text: string): void {
    const writer = this.#writer;
    this.#from = writer.length;
    writer.u8(kind);
    writer.utf8(text, 0, utf8Length(text));
    this.#keyTo = writer.length;
  }
}
