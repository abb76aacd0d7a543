/**
 * Any set of dots, kept small: a VectorClock for the contiguous part 1..n of each id, and disjoint ranges above it.
 * Ranges, never bitmaps: a gap costs O(1) however wide it is. Immutable and canonical: equal sets have equal parts.
 * Knows nothing of what the dots name.
 * The idea: the bitmapped version vectors of "Concise Server-Wide Causality Management" (DAIS 2015), with ranges.
 */

import { checkInteger } from '../assert.ts';
import type { ByteWriter } from '../codec/bytes.ts';
import { COUNTER_MAX } from '../limits.ts';
import { checkCounter, checkReplicaId, type Dot } from './dot.ts';
import { boundariesUpTo, coversEdges, type Edges, INTERSECT, insertRange, MINUS, sweep, UNION } from './edges.ts';
import { type DotSetParts, decodeWith, encodeWith, readDotSetParts, writeParts } from './layout.ts';
import { mergeIds } from './sorted-ids.ts';
import { VectorClock } from './vector-clock.ts';

type Loose = DotSetParts['loose'];

const NONE: Edges = [];
const NOTHING_LOOSE: Loose = new Map();

/** An immutable set of dots. */
export class DotSet {
  /** The dots 1..n of each id, for the largest n such that none is missing. */
  readonly vector: VectorClock;
  // The boundaries of the ranges above that, of the ids that have any.
  readonly #loose: Loose;

  private constructor(vector: VectorClock, loose: Loose) {
    this.vector = vector;
    this.#loose = loose;
  }

  /** The set without dots. */
  static readonly empty: DotSet = new DotSet(VectorClock.empty, NOTHING_LOOSE);

  /** The set of these dots. Throws: TypeError or RangeError for a bad id or counter. */
  static of(dots: Iterable<Dot>): DotSet {
    const byId = new Map<string, Set<number>>();
    for (const { id, counter } of dots) {
      checkReplicaId(id);
      checkCounter(counter);
      byId.set(id, (byId.get(id) ?? new Set()).add(counter));
    }
    return DotSet.#build(mergeIds([], [...byId.keys()]), (id) => pointEdges(byId.get(id) as Set<number>)); // its keys
  }

  /** The dots that the clock knows. */
  static fromVector(vector: VectorClock): DotSet {
    return vector.size === 0 ? DotSet.empty : new DotSet(vector, NOTHING_LOOSE);
  }

  /** Takes parts that are canonical; for this layer and decoders only. */
  static ofParts({ ids, counters, loose }: DotSetParts): DotSet {
    const vector = VectorClock.ofSorted(ids, counters);
    return loose.size === 0 ? DotSet.fromVector(vector) : new DotSet(vector, loose);
  }

  /** Reads what encode wrote. Throws: VERSION_UNSUPPORTED, or ENCODING_INVALID for all that encode would not write. */
  static decode(bytes: Uint8Array): DotSet {
    return DotSet.ofParts(decodeWith(bytes, readDotSetParts));
  }

  get isEmpty(): boolean {
    return this.vector.size === 0 && this.#loose.size === 0;
  }

  /** How many dots are in the set; exact up to 2^53. */
  get size(): number {
    let size = 0;
    for (const [, from, to] of this.ranges()) size += to - from + 1;
    return size;
  }

  /** The highest counter of this id, 0 when it has no dot here. */
  newest(id: string): number {
    return (this.#edgesOf(id).at(-1) ?? this.vector.get(id) + 1) - 1;
  }

  /** Whether the dot is in the set. */
  has(id: string, counter: number): boolean {
    if (counter <= this.vector.get(id)) return counter >= 1;
    return this.#loose.size > 0 && (boundariesUpTo(this.#edgesOf(id), counter) & 1) === 1;
  }

  /** The set with this dot; itself when it has it. Throws: TypeError or RangeError for a bad id or counter. */
  add(id: string, counter: number): DotSet {
    return this.addRange(id, counter, counter);
  }

  /** The set with the dots `from` to `to` of this id, both included. Throws: TypeError or RangeError for a bad id or counter. */
  addRange(id: string, from: number, to: number): DotSet {
    checkCounter(from);
    checkInteger(to, 'a counter', from, COUNTER_MAX);
    const counter = this.vector.get(id);
    if (to <= counter) return this;
    const loose = this.#edgesOf(id);
    // The next dot of an id without gaps: what nearly every write does.
    if (from <= counter + 1 && loose.length === 0) {
      return new DotSet(this.vector.with(id, to), this.#loose);
    }
    if (coversEdges(loose, [from, to + 1])) return this;
    checkReplicaId(id);
    return this.#replace(id, insertRange(wholeEdges(counter, loose), from, to + 1));
  }

  /** Law: least upper bound; `this` or the other itself when that one covers the first. */
  union(other: DotSet): DotSet {
    if (this.covers(other)) return this;
    if (other.covers(this)) return other;
    // Without gaps merging is enough.
    if (this.#loose.size + other.#loose.size === 0) return DotSet.fromVector(this.vector.merge(other.vector));
    return this.#combine(other, UNION);
  }

  /** The dots of this set that the other lacks. Cost: O(ids), and O(ranges) of those ids that the other has not all of. */
  minus(other: DotSet): DotSet {
    const ids = this.#ids().filter((id) => other.vector.get(id) < this.newest(id));
    return this.#combine(other, MINUS, ids);
  }

  /** The dots that both have; `this` or the other itself when the first covers that one. */
  intersect(other: DotSet): DotSet {
    if (this.covers(other)) return other;
    return other.covers(this) ? this : this.#combine(other, INTERSECT);
  }

  /** Whether every dot of the other is in this set. Cost: O(entries), and O(log ranges) for each range of the other. */
  covers(other: DotSet | VectorClock): boolean {
    if (other === this) return true;
    // Both are canonical, so 1..n can only be inside 1..m.
    if (!(other instanceof DotSet)) return this.vector.descends(other);
    if (!this.vector.descends(other.vector)) return false;
    for (const [id, edges] of other.#loose) {
      if (!coversEdges(this.#wholeEdgesOf(id), edges)) return false;
    }
    return true;
  }

  /** Whether both hold the same dots. */
  equals(other: DotSet): boolean {
    return this.covers(other) && other.covers(this);
  }

  /** The replica ids that have dots here, in order. */
  ids(): string[] {
    return [...this.#ids()];
  }

  /** Every maximal range as [id, from, to], both ends included, by id and then by counter. */
  *ranges(): IterableIterator<[id: string, from: number, to: number]> {
    for (const id of this.#ids()) {
      const edges = this.#wholeEdgesOf(id);
      for (let i = 0; i < edges.length; i += 2) yield [id, edges[i] as number, (edges[i + 1] as number) - 1]; // pairs
    }
  }

  /** The dots in order. */
  *[Symbol.iterator](): IterableIterator<Dot> {
    for (const [id, from, to] of this.ranges()) {
      for (let counter = from; counter <= to; counter++) yield { id, counter };
    }
  }

  /** The vector, and the ranges above it as id → [[from, to], …], in objects without a prototype. */
  toJSON(): { vector: { [id: string]: number }; ranges: { [id: string]: [number, number][] } } {
    const ranges: { [id: string]: [number, number][] } = Object.create(null);
    for (const [id, from, to] of this.ranges()) {
      if (from === 1) continue;
      ranges[id] ??= [];
      ranges[id].push([from, to]);
    }
    return { vector: this.vector.toJSON(), ranges };
  }

  /** Canonical bytes: equal sets give equal bytes. */
  encode(): Uint8Array {
    return encodeWith((writer) => this.write(writer));
  }

  /** Writes the set without the version byte. */
  write(writer: ByteWriter): void {
    const ids = this.#ids();
    if (this.#loose.size === 0) writeParts(writer, ids.length * 2, ids, this.vector);
    else writeParts(writer, ids.length * 2 + 1, ids, this.vector, (id) => this.#edgesOf(id));
  }

  /** All ids that have dots, sorted. */
  #ids(): readonly string[] {
    if (this.#loose.size === 0) return this.vector.ids;
    return mergeIds(this.vector.ids, [...this.#loose.keys()]);
  }

  #edgesOf(id: string): Edges {
    return this.#loose.get(id) ?? NONE;
  }

  #wholeEdgesOf(id: string): Edges {
    return wholeEdges(this.vector.get(id), this.#edgesOf(id));
  }

  /** Keeps, id by id, what the sweep keeps; `ids`: the only ones of which anything can be kept. */
  #combine(other: DotSet, keep: number, ids: readonly string[] = mergeIds(this.#ids(), other.#ids())): DotSet {
    return DotSet.#build(ids, (id) => sweep(this.#wholeEdgesOf(id), other.#wholeEdgesOf(id), keep));
  }

  /** The set that has, for each of these sorted ids, the dots within these boundaries. */
  static #build(sortedIds: readonly string[], edgesOf: (id: string) => Edges): DotSet {
    const ids: string[] = [];
    const counters: number[] = [];
    const loose = new Map<string, Edges>();
    for (const id of sortedIds) {
      const edges = edgesOf(id);
      const counter = contiguous(edges);
      if (counter > 0) {
        ids.push(id);
        counters.push(counter);
      }
      setLoose(loose, id, edges);
    }
    return DotSet.ofParts({ ids, counters, loose });
  }

  /** The set in which this id has these dots, among them all it had. */
  #replace(id: string, edges: Edges): DotSet {
    const loose = new Map(this.#loose);
    setLoose(loose, id, edges);
    return new DotSet(this.vector.with(id, contiguous(edges)), loose);
  }
}

/** Keeps of all boundaries of an id those above 1..n. */
function setLoose(loose: Map<string, Edges>, id: string, edges: Edges): void {
  const above = contiguous(edges) > 0 ? edges.slice(2) : edges;
  if (above.length > 0) loose.set(id, above);
  else loose.delete(id);
}

/** The n for which 1..n is the first range, 0 when there is none. */
function contiguous(edges: Edges): number {
  return edges[0] === 1 ? (edges[1] as number) - 1 : 0; // pairs
}

/** All boundaries of an id: 1..counter and the ranges above. */
function wholeEdges(counter: number, loose: Edges): Edges {
  return counter === 0 ? loose : [1, counter + 1, ...loose];
}

/** The boundaries of single counters. */
function pointEdges(counters: Set<number>): Edges {
  const edges: number[] = [];
  for (const counter of counters) {
    if (!counters.has(counter - 1)) edges.push(counter);
    if (!counters.has(counter + 1)) edges.push(counter + 1);
  }
  return edges.sort((a, b) => a - b);
}
