/**
 * Which key holds which current dot, written down as what comes and what goes, in order: names. A record that vanished
 * is missed by them, and a corrupt one has its dots in them. An entry for each dot, as format 1 had it, was two thirds of
 * what a key took beyond its record and half of what the engine was given. Knows nothing of where names lie.
 */

import { type ByteReader, ByteWriter } from '../../codec/bytes.ts';
import { refuseBytes } from '../../codec/refuse.ts';
import { readUtf8, utf8Length } from '../../codec/text.ts';
import { KEY_BYTES_MAX } from '../../limits.ts';

/** Told, in order, which key holds which dot from there on, and which dot no key holds any more. */
export type NameVisitor = {
  readonly name: (number: number, counter: number, key: string) => void;
  readonly unname: (number: number, counter: number) => void;
};

/** Names, and how to go on with them: the dot that comes next unless another is said, and the last key. */
export type Names = {
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly counter: number;
  readonly key: string;
};

export const NO_NAMES: Names = { bytes: new Uint8Array(0), number: 0, counter: 0, key: '' };

/** The first number of a step; from NAME on, NAME and how many bytes of the key before this key begins with. */
const AT = 0;
const UNNAME = 1;
const NAME = 2;
const NUMBER_MAX = 0xffffffff;

/** Writes names, behind some that were written before. */
export class NameWriter {
  #writer = new ByteWriter(1024);
  #number = 0;
  #counter = 0;
  #key = '';
  #hasBefore = false;
  /** Since it began: dots named less those unnamed, and the latter. */
  added = 0;
  unnamed = 0;

  /** Begins anew, behind `before`, which may be what it gave last: nobody else writes over that. */
  begin({ bytes, number, counter, key }: Names): void {
    this.#writer.reset();
    this.#writer.raw(bytes);
    this.#hasBefore = bytes.length > 0;
    this.#number = number;
    this.#counter = counter;
    this.#key = key;
    this.added = 0;
    this.unnamed = 0;
  }

  /** How many bytes of names there are, those from before among them. */
  get length(): number {
    return this.#writer.length;
  }

  name(number: number, counter: number, key: string): void {
    const writer = this.#writer;
    if (number !== this.#number || counter !== this.#counter) {
      writer.u8(AT);
      writer.varint(number);
      writer.varint(counter);
      this.#number = number;
    }
    const units = sharedUnits(this.#key, key);
    const whole = utf8Length(key);
    const bytes = units === 0 ? whole : utf8Length(key, units);
    writer.varint(NAME + whole - bytes);
    writer.varint(bytes);
    writer.utf8(key, units, bytes);
    this.#counter = counter + 1;
    this.#key = key;
    this.added += 1;
  }

  unname(number: number, counter: number): void {
    const writer = this.#writer;
    writer.u8(UNNAME);
    writer.varint(number);
    writer.varint(counter);
    this.added -= 1;
    this.unnamed += 1;
  }

  /** What was written, for `begin`. */
  finish(): Names {
    return { bytes: this.#writer.view(), number: this.#number, counter: this.#counter, key: this.#key };
  }

  /** Hands what was written on, and goes on with names that need nothing before them. */
  cut(target: ByteWriter): void {
    target.raw(this.#writer.view());
    // What came from before stays as it is, for the case that this is not used.
    if (this.#hasBefore) this.#writer = new ByteWriter(1024);
    else this.#writer.reset();
    this.#hasBefore = false;
    this.#number = 0;
    this.#counter = 0;
    this.#key = '';
  }
}

/** Reads names to the end, and gives how to go on with them. Throws: ENCODING_INVALID. */
export function readNames(reader: ByteReader, visitor: NameVisitor): Names {
  const bytes = reader.source.slice(reader.offset, reader.offset + reader.remaining);
  let number = 0;
  let counter = 0;
  let key = '';
  let last = new Uint8Array(64);
  let length = 0;
  while (reader.remaining > 0) {
    const step = reader.varint(NAME + KEY_BYTES_MAX);
    if (step === AT) {
      number = reader.varint(NUMBER_MAX);
      counter = reader.varint();
    } else if (step === UNNAME) {
      visitor.unname(reader.varint(NUMBER_MAX), reader.varint());
    } else {
      const shared = step - NAME;
      if (shared > length) refuseBytes('a name that begins as no other');
      const more = reader.varint(KEY_BYTES_MAX);
      const from = reader.take(more);
      length = shared + more;
      if (length > last.length) {
        const larger = new Uint8Array(2 * length);
        larger.set(last);
        last = larger;
      }
      for (let at = 0; at < more; at += 1) last[shared + at] = reader.source[from + at] as number; // taken
      key = readUtf8(last, 0, length);
      visitor.name(number, counter, key);
      counter += 1;
    }
  }
  return { bytes, number, counter, key };
}

/** How many units both begin with, no pair of surrogates cut. */
function sharedUnits(before: string, key: string): number {
  const most = Math.min(before.length, key.length);
  let units = 0;
  while (units < most && before.charCodeAt(units) === key.charCodeAt(units)) units += 1;
  return units > 0 && (key.charCodeAt(units - 1) & 0xfc00) === 0xd800 ? units - 1 : units;
}
