/**
 * Any set of dots, kept small: a VectorClock for the contiguous part 1..n of each id, and disjoint ranges above it.
 * Ranges, never bitmaps: a gap costs O(1) however wide it is. Immutable and canonical: equal sets have equal parts.
 * Knows nothing of what the dots name.
 * The idea: the bitmapped version vectors of "Concise Server-Wide Causality Management" (DAIS 2015), with ranges.
 */

import type { ByteWriter } from '../codec/bytes.ts';
import { checkCounter, checkReplicaId, type Dot } from './dot.ts';
import { boundariesUpTo, coversEdges, type Edges, INTERSECT, MINUS, sweep, UNION } from './edges.ts';
import { type DotSetParts, decodeWith, encodeWith, readDotSetParts, writeParts } from './layout.ts';
import { findId, mergeIds } from './sorted-ids.ts';
import { VectorClock } from './vector-clock.ts';

const NONE: Edges = [];

/** An immutable set of dots. */
export class DotSet {
  /** The dots 1..n of each id, for the largest n such that none is missing. */
  readonly vector: VectorClock;
  // The ids that have dots above a gap, sorted, and the boundaries of their ranges.
  readonly #looseIds: readonly string[];
  readonly #looseEdges: readonly Edges[];

  private constructor(vector: VectorClock, looseIds: readonly string[], looseEdges: readonly Edges[]) {
    this.vector = vector;
    this.#looseIds = looseIds;
    this.#looseEdges = looseEdges;
  }

  /** The set without dots. */
  static readonly empty: DotSet = new DotSet(VectorClock.empty, [], []);

  /** The set of these dots. Throws: TypeError or RangeError for a bad id or counter. */
  static of(dots: Iterable<Dot>): DotSet {
    const byId = new Map<string, Set<number>>();
    for (const { id, counter } of dots) {
      checkReplicaId(id);
      checkCounter(counter);
      const counters = byId.get(id);
      if (counters === undefined) byId.set(id, new Set([counter]));
      else counters.add(counter);
    }
    return DotSet.#build(mergeIds([], [...byId.keys()]), (id) => pointEdges(byId.get(id) as Set<number>)); // its keys
  }

  /** The dots that the clock knows. */
  static fromVector(vector: VectorClock): DotSet {
    return DotSet.#from(vector, [], []);
  }

  /** Takes parts that a decoder has checked. */
  static ofParts(parts: DotSetParts): DotSet {
    return DotSet.#from(VectorClock.ofSorted(parts.ids, parts.counters), parts.looseIds, parts.looseEdges);
  }

  /** Reads what encode wrote. Throws: VERSION_UNSUPPORTED, or ENCODING_INVALID for all that encode would not write. */
  static decode(bytes: Uint8Array): DotSet {
    return DotSet.ofParts(decodeWith(bytes, readDotSetParts));
  }

  get isEmpty(): boolean {
    return this.vector.size === 0 && this.#looseIds.length === 0;
  }

  /** How many dots are in the set; exact up to 2^53. */
  get size(): number {
    let size = 0;
    for (const [, from, to] of this.ranges()) size += to - from + 1;
    return size;
  }

  /** Whether the dot is in the set. */
  has(id: string, counter: number): boolean {
    if (counter <= this.vector.get(id)) return counter >= 1;
    return this.#looseIds.length > 0 && (boundariesUpTo(this.#edgesOf(id), counter) & 1) === 1;
  }

  /** The set with this dot; itself when it has it. Throws: TypeError or RangeError for a bad id or counter. */
  add(id: string, counter: number): DotSet {
    return this.addRange(id, counter, counter);
  }

  /** The set with the dots `from` to `to` of this id, both included. Throws: TypeError or RangeError for a bad id or counter. */
  addRange(id: string, from: number, to: number): DotSet {
    checkCounter(from);
    checkCounter(to);
    if (from > to)
      throw new RangeError(`Cannot add dots ${from} to ${to}: the range is empty, give the smaller counter first.`);
    const counter = this.vector.get(id);
    if (to <= counter) return this;
    const loose = this.#edgesOf(id);
    // The next dot of an id without gaps: what nearly every write does.
    if (from <= counter + 1 && loose.length === 0) {
      return new DotSet(this.vector.with(id, to), this.#looseIds, this.#looseEdges);
    }
    const range = [from, to + 1];
    if (coversEdges(loose, range)) return this;
    checkReplicaId(id);
    return this.#replace(id, sweep(wholeEdges(counter, loose), range, UNION));
  }

  /** Law: least upper bound; `this` or the other itself when that one covers the first. */
  union(other: DotSet): DotSet {
    if (this.covers(other)) return this;
    if (other.covers(this)) return other;
    // Without gaps merging is enough.
    if (this.#looseIds.length + other.#looseIds.length === 0) return DotSet.fromVector(this.vector.merge(other.vector));
    return this.#combine(other, UNION);
  }

  /** The dots of this set that the other lacks. */
  minus(other: DotSet): DotSet {
    return other.covers(this) ? DotSet.empty : this.#combine(other, MINUS);
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
    for (let i = 0; i < other.#looseIds.length; i++) {
      const id = other.#looseIds[i] as string; // i < length
      if (!coversEdges(this.#wholeEdgesOf(id), other.#looseEdges[i] as Edges)) return false; // parallel
    }
    return true;
  }

  /** Whether both hold the same dots. */
  equals(other: DotSet): boolean {
    return this.covers(other) && other.covers(this);
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
    if (this.#looseIds.length === 0) writeParts(writer, ids.length * 2, ids, this.vector);
    else writeParts(writer, ids.length * 2 + 1, ids, this.vector, (id) => this.#edgesOf(id));
  }

  static #from(vector: VectorClock, looseIds: readonly string[], looseEdges: readonly Edges[]): DotSet {
    return vector.size === 0 && looseIds.length === 0 ? DotSet.empty : new DotSet(vector, looseIds, looseEdges);
  }

  #ids(): readonly string[] {
    return mergeIds(this.vector.ids, this.#looseIds);
  }

  #edgesOf(id: string): Edges {
    if (this.#looseIds.length === 0) return NONE;
    const at = findId(this.#looseIds, id);
    return at < 0 ? NONE : (this.#looseEdges[at] as Edges); // found
  }

  #wholeEdgesOf(id: string): Edges {
    return wholeEdges(this.vector.get(id), this.#edgesOf(id));
  }

  /** Keeps, id by id, what the sweep keeps. */
  #combine(other: DotSet, keep: number): DotSet {
    return DotSet.#build(mergeIds(this.#ids(), other.#ids()), (id) =>
      sweep(this.#wholeEdgesOf(id), other.#wholeEdgesOf(id), keep),
    );
  }

  /** The set that has, for each of these sorted ids, the dots within these boundaries. */
  static #build(sortedIds: readonly string[], edgesOf: (id: string) => Edges): DotSet {
    const parts: DotSetParts = { ids: [], counters: [], looseIds: [], looseEdges: [] };
    for (const id of sortedIds) {
      const edges = edgesOf(id);
      const counter = contiguous(edges);
      if (counter > 0) {
        parts.ids.push(id);
        parts.counters.push(counter);
      }
      const loose = counter > 0 ? edges.slice(2) : edges;
      if (loose.length === 0) continue;
      parts.looseIds.push(id);
      parts.looseEdges.push(loose);
    }
    return DotSet.ofParts(parts);
  }

  /** The set in which this id has these dots, among them all it had. */
  #replace(id: string, edges: Edges): DotSet {
    const counter = contiguous(edges);
    const vector = counter > 0 ? this.vector.with(id, counter) : this.vector;
    const loose = counter > 0 ? edges.slice(2) : edges;
    const at = findId(this.#looseIds, id);
    const place = at < 0 ? ~at : at;
    const found = at < 0 ? 0 : 1;
    const entry: [string, Edges][] = loose.length === 0 ? [] : [[id, loose]];
    return new DotSet(
      vector,
      this.#looseIds.toSpliced(place, found, ...entry.map(([looseId]) => looseId)),
      this.#looseEdges.toSpliced(place, found, ...entry.map(([, edges]) => edges)),
    );
  }
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
