/**
 * Reconciling two sets of current dots by range fingerprints: what a replica does that was away while tombstones were
 * reaped. Both sides look only at dots that both have seen; a dot that one of them no longer holds was superseded, so
 * the other drops it. Cost: O(differences × log dots) on the wire, one walk over the dots in memory.
 *
 * After range-based set reconciliation (Meyer 2023); the items and their bytes are in docs/protocol.md.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { dotHashHi, dotHashLo, type Hash64, hashText } from '../codec/hash.ts';
import { CausalError } from '../errors.ts';
import { COUNTER_MAX } from '../limits.ts';
import { readHash, readLane, writeHash, writeLane } from './messages.ts';

/** Current dots in order: parallel arrays of positions in `ids`, counters and, where they count, marks. */
export type DotList = {
  readonly ids: readonly string[];
  readonly idAt: number[];
  readonly counters: number[];
  readonly marks: number[] | undefined;
};

/** A place between dots: before (id, counter); `id` equal to the number of ids is the end. */
type Bound = { readonly id: number; readonly counter: number };
/** A dot that is listed, with what tells two writes under it apart; 0 where that is not asked. */
type Listed = Bound & { readonly mark: number };

const FINGERPRINT = 0;
const LIST = 1;
const VERDICT = 2;
/** A range of up to this many dots is listed instead of being cut further. */
const LIST_MAX = 512;
/** The first cut aims at ranges of about this many dots, in at most FIRST_PARTS_MAX of them. */
const FIRST_PART_DOTS = 400;
const FIRST_PARTS_MAX = 256;
const PARTS = 16;
/** Each round cuts a range into PARTS: 2^53 dots need 14 of them. Who asks on asks without end. */
const ROUNDS_MAX = 64;

/** The current dots in `common`, as both sides number them. */
export function dotListOf(
  common: DotSet,
  isMarked: boolean,
  visit: (dots: DotSet, found: (id: string, counter: number, mark: number) => void) => void,
): DotList {
  const ids = common.ids();
  const position = new Map(ids.map((id, at) => [id, at]));
  const list: DotList = { ids, idAt: [], counters: [], marks: isMarked ? [] : undefined };
  visit(common, (id, counter, mark) => {
    list.idAt.push(position.get(id) as number /* a dot of `common` */);
    list.counters.push(counter);
    list.marks?.push(mark);
  });
  return list;
}

/** One side of a reconciling: finds the dots held here that the peer no longer holds, and tells it the reverse. */
export class Reconciler {
  readonly #dots: DotList;
  readonly #hashes: readonly Hash64[];
  /** For each dot whether the peer does not hold it: it may say so as often as it likes. */
  readonly #isMineOnly: Uint8Array;
  #rounds = 0;
  #isDone = false;

  constructor(dots: DotList) {
    this.#dots = dots;
    this.#hashes = dots.ids.map(hashText);
    this.#isMineOnly = new Uint8Array(dots.counters.length);
  }

  /** Whether the last message, sent or received, asked nothing. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Dots held here that the peer has seen and no longer holds, or, where marks count, holds as another write. */
  get mineOnly(): DotSet {
    const dots: Dot[] = [];
    for (const [at, isMineOnly] of this.#isMineOnly.entries()) {
      if (isMineOnly === 0) continue;
      const { id, counter } = this.#bound(at);
      dots.push({ id: this.#idOf(id), counter });
    }
    return DotSet.of(dots);
  }

  /** The first message: fingerprints of everything. */
  start(): Uint8Array {
    const writer = new ItemWriter(this.#isMarked);
    const count = this.#dots.counters.length;
    const parts = Math.min(FIRST_PARTS_MAX, Math.max(1, Math.ceil(count / FIRST_PART_DOTS)));
    this.#cut(writer, { id: 0, counter: 0 }, { id: this.#dots.ids.length, counter: 0 }, parts);
    return writer.finish();
  }

  /** The answer to a message; undefined when it asked nothing. Throws: ENCODING_INVALID, PROTOCOL_VIOLATION. */
  receive(body: Uint8Array): Uint8Array | undefined {
    this.#rounds += 1;
    if (this.#rounds > ROUNDS_MAX)
      throw new CausalError('PROTOCOL_VIOLATION', `Cannot reconcile: the peer still asks after ${ROUNDS_MAX} rounds`);
    const reader = new ItemReader(body, this.#dots.ids.length, this.#isMarked);
    const writer = new ItemWriter(this.#isMarked);
    let isAsked = false;
    while (reader.hasMore) {
      const item = reader.item();
      if (item.kind !== VERDICT) isAsked = true;
      if (item.kind === FINGERPRINT) this.#answerFingerprint(writer, item);
      else if (item.kind === LIST) this.#answerList(writer, item);
      else this.#takeVerdict(item.dots);
    }
    this.#isDone = !isAsked || !writer.isAsking;
    return isAsked ? writer.finish() : undefined;
  }

  /** Dots the peer has seen and does not hold; only of those that this side listed may it say so. */
  #takeVerdict(dots: readonly Bound[]): void {
    for (const dot of dots) {
      const at = this.#at(dot);
      if (at >= this.#dots.counters.length || compareBounds(this.#bound(at), dot) !== 0) {
        throw invalid('a verdict names a dot that is not held here');
      }
      this.#isMineOnly[at] = 1;
    }
  }

  #answerFingerprint(writer: ItemWriter, item: FingerprintItem): void {
    const from = this.#at(item.from);
    const to = this.#at(item.to);
    const own = this.#fingerprint(from, to);
    if (to - from === item.count && own.hi === item.hash.hi && own.lo === item.hash.lo) return;
    if (to - from <= LIST_MAX || item.count === 0) writer.list(item.from, item.to, this.#slice(from, to));
    else
      this.#cut(
        writer,
        item.from,
        item.to,
        Math.max(PARTS, Math.ceil((to - from) / (FIRST_PART_DOTS * FIRST_PARTS_MAX))),
      );
  }

  #answerList(writer: ItemWriter, item: ListItem): void {
    const first = this.#at(item.from);
    const mine = this.#slice(first, this.#at(item.to));
    const theirsOnly: Bound[] = [];
    let next = 0;
    for (const [at, dot] of mine.entries()) {
      while (next < item.dots.length && compareBounds(item.dots[next] as Listed /* next < length */, dot) < 0)
        theirsOnly.push(item.dots[next++] as Listed); // next < length
      const same = item.dots[next];
      const isThere = same !== undefined && compareBounds(same, dot) === 0;
      if (isThere) next += 1;
      if (isThere && same.mark === dot.mark) continue;
      this.#isMineOnly[first + at] = 1;
      if (isThere) theirsOnly.push(same);
    }
    for (; next < item.dots.length; next += 1) theirsOnly.push(item.dots[next] as Listed); // next < length
    if (theirsOnly.length > 0) writer.verdict(theirsOnly);
  }

  /** Fingerprints of `parts` ranges of about equal numbers of dots. */
  #cut(writer: ItemWriter, lower: Bound, upper: Bound, parts: number): void {
    const first = this.#at(lower);
    const end = this.#at(upper);
    let from = lower;
    for (let part = 1; part <= parts; part += 1) {
      // The last one ends at `end`.
      const at = first + Math.floor(((end - first) * part) / parts);
      const to = part === parts ? upper : this.#bound(at);
      const start = this.#at(from);
      if (part === parts || at > start) {
        writer.fingerprint(from, to, this.#fingerprint(start, at), at - start);
        from = to;
      }
    }
  }

  #fingerprint(from: number, to: number): Hash64 {
    const { idAt, counters, marks } = this.#dots;
    let hi = 0;
    let lo = 0;
    for (let at = from; at < to; at += 1) {
      const hash = this.#hashes[idAt[at] as number] as Hash64; // parallel arrays, at < length
      const counter = counters[at] as number; // at < length
      hi = (hi + dotHashHi(hash, counter)) | 0;
      lo = (lo + dotHashLo(hash, counter) + (marks?.[at] ?? 0)) | 0;
    }
    return { hi: hi >>> 0, lo: lo >>> 0 };
  }

  #bound(at: number): Bound {
    return { id: this.#dots.idAt[at] as number, counter: this.#dots.counters[at] as number }; // at < length
  }

  #slice(from: number, to: number): Listed[] {
    const dots: Listed[] = [];
    for (let at = from; at < to; at += 1) dots.push({ ...this.#bound(at), mark: this.#dots.marks?.[at] ?? 0 });
    return dots;
  }

  get #isMarked(): boolean {
    return this.#dots.marks !== undefined;
  }

  /** The first position that is not before the bound. */
  #at(bound: Bound): number {
    let low = 0;
    let high = this.#dots.counters.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBounds(this.#bound(middle), bound) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #idOf(index: number): string {
    return this.#dots.ids[index] as string; // the reader has checked it
  }
}

function compareBounds(left: Bound, right: Bound): number {
  return left.id - right.id || left.counter - right.counter;
}

type FingerprintItem = {
  readonly kind: typeof FINGERPRINT;
  readonly from: Bound;
  readonly to: Bound;
  readonly hash: Hash64;
  readonly count: number;
};
type ListItem = {
  readonly kind: typeof LIST;
  readonly from: Bound;
  readonly to: Bound;
  readonly dots: readonly Listed[];
};
type Item = FingerprintItem | ListItem | { readonly kind: typeof VERDICT; readonly dots: readonly Bound[] };

/** Items one after the other; a range mostly begins where the last one ended. */
class ItemWriter {
  readonly #writer = new ByteWriter();
  readonly #isMarked: boolean;
  #end: Bound = { id: 0, counter: 0 };
  isAsking = false;

  constructor(isMarked: boolean) {
    this.#isMarked = isMarked;
  }

  fingerprint(from: Bound, to: Bound, hash: Hash64, count: number): void {
    this.#range(FINGERPRINT, from, to);
    writeHash(this.#writer, hash);
    this.#writer.varint(count);
  }

  list(from: Bound, to: Bound, dots: readonly Listed[]): void {
    this.#range(LIST, from, to);
    this.#dots(from, dots);
    if (this.#isMarked) for (const { mark } of dots) writeLane(this.#writer, mark);
  }

  verdict(dots: readonly Bound[]): void {
    this.#writer.u8(VERDICT);
    this.#dots({ id: 0, counter: 0 }, dots);
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  #range(kind: number, from: Bound, to: Bound): void {
    this.isAsking = true;
    const isNext = compareBounds(from, this.#end) === 0;
    this.#writer.u8(isNext ? kind : kind | 4);
    if (!isNext) this.#bound(this.#end, from);
    this.#bound(from, to);
    this.#end = to;
  }

  #dots(from: Bound, dots: readonly Bound[]): void {
    this.#writer.varint(dots.length);
    let last = from;
    for (const dot of dots) {
      this.#bound(last, dot);
      last = dot;
    }
  }

  #bound(last: Bound, bound: Bound): void {
    this.#writer.varint(bound.id - last.id);
    this.#writer.varint(bound.id === last.id ? bound.counter - last.counter : bound.counter);
  }
}

class ItemReader {
  readonly #reader: ByteReader;
  readonly #ids: number;
  readonly #isMarked: boolean;
  #end: Bound = { id: 0, counter: 0 };

  constructor(body: Uint8Array, ids: number, isMarked: boolean) {
    this.#reader = new ByteReader(body);
    this.#ids = ids;
    this.#isMarked = isMarked;
  }

  get hasMore(): boolean {
    return this.#reader.remaining > 0;
  }

  item(): Item {
    const head = this.#reader.u8();
    const kind = head & 3;
    if (head > 5 || head === 3) throw invalid(`an item has the head ${head}`);
    if (kind === VERDICT) return { kind, dots: this.#dots({ id: 0, counter: 0 }) };
    const from = head < 4 ? this.#end : this.#bound(this.#end);
    const to = this.#bound(from);
    this.#end = to;
    if (kind === FINGERPRINT) return { kind, from, to, hash: readHash(this.#reader), count: this.#reader.varint() };
    const dots = this.#dots(from);
    const last = dots[dots.length - 1];
    if (last !== undefined && compareBounds(last, to) >= 0) throw invalid('a list goes beyond its range');
    const listed = dots.map((dot) => ({ ...dot, mark: this.#isMarked ? readLane(this.#reader) : 0 }));
    return { kind: LIST, from, to, dots: listed };
  }

  #dots(from: Bound): Bound[] {
    const count = this.#reader.varint(this.#reader.remaining);
    const dots: Bound[] = [];
    let last = from;
    for (let at = 0; at < count; at += 1) {
      last = this.#bound(last);
      if (last.id >= this.#ids || last.counter < 1) throw invalid('a dot is outside of what both have seen');
      dots.push(last);
    }
    return dots;
  }

  #bound(last: Bound): Bound {
    const step = this.#reader.varint(this.#ids);
    const counter = this.#reader.varint();
    const bound = { id: last.id + step, counter: step === 0 ? last.counter + counter : counter };
    if (bound.id > this.#ids || bound.counter > COUNTER_MAX)
      throw invalid('a range ends outside of what both have seen');
    return bound;
  }
}

function invalid(why: string): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read the ranges: ${why}`);
}
