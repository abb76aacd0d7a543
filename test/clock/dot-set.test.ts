import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDots, formatDot } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { COUNTER_MAX } from '../../src/limits.ts';
import { anyClock, anyDot, anyDots, anyId, anySet, model, RUNS, set, showClock, showSet, within } from './literals.ts';

describe('DotSet tables', () => {
  //  dots added in this order                what it holds         its vector
  it.each([
    ['', '', ''],
    ['a1', 'a1', 'a1'],
    ['a2', 'a2', ''],
    ['a2 a1', 'a1-2', 'a2'],
    ['a1 a2 a3', 'a1-3', 'a3'],
    ['a1 a3', 'a1 a3', 'a1'],
    ['a1 a3 a2', 'a1-3', 'a3'],
    ['a3 a5 a4', 'a3-5', ''],
    ['a5 a3 a1 a4 a2', 'a1-5', 'a5'],
    ['a2-4 a6-8 a5', 'a2-8', ''],
    ['a2-4 a6-8 a1', 'a1-4 a6-8', 'a4'],
    ['a2-4 a6-8 a1-9', 'a1-9', 'a9'],
    ['a2-4 a6-8 a3-7', 'a2-8', ''],
    ['a2-4 a6-8 a10-12 a5-9', 'a2-12', ''],
    ['a1-5 a2-3', 'a1-5', 'a5'],
    ['a3-9 a4-5', 'a3-9', ''],
    ['a3-5 a4-6', 'a3-6', ''],
    ['a3-5 a4-7', 'a3-7', ''],
    ['b2 a1 c4', 'a1 b2 c4', 'a1'],
    ['b2 a1 b1 c4', 'a1 b1-2 c4', 'a1 b2'],
  ])('DotSet of %j holds %j with the vector %j', (added, held, vector) => {
    expect(showSet(set(added))).toBe(held);
    expect(showClock(set(added).vector)).toBe(vector);
    expect(DotSet.of(set(added)).encode()).toEqual(set(added).encode());
  });

  //  left         right        union          left - right   right - left   both
  it.each([
    ['', '', '', '', '', ''],
    ['a1-5', '', 'a1-5', 'a1-5', '', ''],
    ['a1-5', 'a1-5', 'a1-5', '', '', 'a1-5'],
    ['a1-5', 'a1-3', 'a1-5', 'a4-5', '', 'a1-3'],
    ['a1-5', 'b1-3', 'a1-5 b1-3', 'a1-5', 'b1-3', ''],
    ['a1-2', 'a3-4', 'a1-4', 'a1-2', 'a3-4', ''],
    ['a1-2', 'a4', 'a1-2 a4', 'a1-2', 'a4', ''],
    ['a1-9', 'a3-5', 'a1-9', 'a1-2 a6-9', '', 'a3-5'],
    ['a3-5', 'a4-8', 'a3-8', 'a3', 'a6-8', 'a4-5'],
    ['a2 a4 a6', 'a3 a5 a7', 'a2-7', 'a2 a4 a6', 'a3 a5 a7', ''],
    ['a2 a4 a6', 'a1 a3 a5', 'a1-6', 'a2 a4 a6', 'a1 a3 a5', ''],
    ['a2-4 a8-9', 'a1-8', 'a1-9', 'a9', 'a1 a5-7', 'a2-4 a8'],
    ['a1-3 b2 c1', 'a5 b1 c1', 'a1-3 a5 b1-2 c1', 'a1-3 b2', 'a5 b1', 'c1'],
  ])('DotSet %j and %j unite to %j, differ by %j and %j, share %j', (left, right, union, minus, rest, both) => {
    const a = set(left);
    const b = set(right);
    expect(showSet(a.union(b))).toBe(union);
    expect(showSet(b.union(a))).toBe(union);
    expect(showSet(a.minus(b))).toBe(minus);
    expect(showSet(b.minus(a))).toBe(rest);
    expect(showSet(a.intersect(b))).toBe(both);
    expect(showSet(b.intersect(a))).toBe(both);
    expect(a.covers(b)).toBe(rest === '');
    expect(b.covers(a)).toBe(minus === '');
    expect(a.equals(b)).toBe(minus === '' && rest === '');
  });

  it('DotSet gives the set itself where nothing is to be made', () => {
    const [all, part] = [set('a1-5 a8 b2'), set('a2-3 a8')];
    expect(DotSet.fromVector(VectorClock.empty)).toBe(DotSet.empty);
    for (const none of [DotSet.of([]), DotSet.decode(DotSet.empty.encode())]) expect(none).toBe(DotSet.empty);
    for (const [from, to] of [[1, 5] as const, [2, 3] as const, [8, 8] as const])
      expect(all.addRange('a', from, to)).toBe(all);
    const whole = set('a1-5');
    for (const [from, to] of [[1, 5] as const, [2, 3] as const]) expect(whole.addRange('a', from, to)).toBe(whole);
    expect(all.union(part)).toBe(all);
    expect(part.union(all)).toBe(all);
    expect(all.intersect(part)).toBe(part);
    expect(part.intersect(all)).toBe(part);
    expect(all.intersect(all)).toBe(all);
    const [one, other] = [set('a1 b3'), set('a1 b3')];
    expect(one.intersect(other)).toBe(other);
    expect(part.minus(all)).toBe(DotSet.empty);
  });

  it('DotSet.isEmpty is false for a clock, for what is above it, and for both', () => {
    expect(['', 'a1', 'a2', 'a1 a3'].map((dots) => set(dots).isEmpty)).toEqual([true, false, false, false]);
  });

  it('DotSet holds a gap of any width at the same cost', () => {
    const wide = DotSet.empty
      .add('a', 1)
      .add('a', COUNTER_MAX)
      .addRange('a', 1_000, COUNTER_MAX - 2);
    expect(showSet(wide)).toBe(`a1 a1000-${COUNTER_MAX - 2} a${COUNTER_MAX}`);
    expect(wide.has('a', COUNTER_MAX)).toBe(true);
    expect(wide.has('a', COUNTER_MAX - 1)).toBe(false);
    expect(showSet(DotSet.empty.addRange('a', 1, COUNTER_MAX).minus(wide))).toBe(`a2-999 a${COUNTER_MAX - 1}`);
    expect(wide.union(DotSet.empty.addRange('a', 2, COUNTER_MAX - 1)).vector.get('a')).toBe(COUNTER_MAX);
    expect(wide.encode().length).toBeLessThan(32);
    expect(DotSet.decode(wide.encode()).equals(wide)).toBe(true);
    expect(DotSet.empty.addRange('a', 1, COUNTER_MAX).size).toBe(COUNTER_MAX);
  });

  it('DotSet.toJSON shows the vector and the ranges above it, whatever the ids', () => {
    const shown = DotSet.of([
      { id: '__proto__', counter: 3 },
      { id: '__proto__', counter: 1 },
      { id: 'b', counter: 2 },
      { id: 'c', counter: 1 },
    ]);
    expect(JSON.stringify(shown)).toBe('{"vector":{"__proto__":1,"c":1},"ranges":{"__proto__":[[3,3]],"b":[[2,2]]}}');
  });

  it('DotSet refuses bad ids, counters and ranges', () => {
    for (const counter of [0, -1, 1.5, Number.NaN, COUNTER_MAX + 1]) {
      expect(() => DotSet.empty.add('a', counter)).toThrow(RangeError);
      expect(() => DotSet.of([{ id: 'a', counter }])).toThrow(RangeError);
    }
    expect(() => DotSet.empty.addRange('a', 3, 2)).toThrow(RangeError);
    for (const counter of [1, 5]) {
      expect(() => DotSet.empty.add('', counter)).toThrow(RangeError);
      expect(() => DotSet.empty.add('\uD800', counter)).toThrow(TypeError);
    }
    expect(DotSet.empty.has('a', 0)).toBe(false);
    expect(set('a1-3').has('a', 0)).toBe(false);
  });
});

describe('DotSet laws', () => {
  it('DotSet union, minus, intersect, covers and equals are those of sets', () => {
    fc.assert(
      fc.property(anyDots, anyDots, (left, right) => {
        const a = DotSet.of(left);
        const b = DotSet.of(right);
        const inA = model(left);
        const inB = model(right);
        expect(model(a)).toEqual(inA);
        expect(model(a.union(b))).toEqual(new Set([...inA, ...inB]));
        expect(model(a.minus(b))).toEqual(new Set([...inA].filter((dot) => !inB.has(dot))));
        expect(model(a.intersect(b))).toEqual(new Set([...inA].filter((dot) => inB.has(dot))));
        expect(a.covers(b)).toBe(within(inB, inA));
        expect(a.covers(b.vector)).toBe(within(model(DotSet.fromVector(b.vector)), inA));
        expect(a.equals(b)).toBe(within(inB, inA) && within(inA, inB));
        expect(a.isEmpty).toBe(inA.size === 0);
        expect(a.size).toBe(inA.size);
      }),
      RUNS,
    );
  });

  it('DotSet is canonical: however its dots came in, the parts and the bytes are the same', () => {
    fc.assert(
      fc.property(anyDots, anySet, (dots, other) => {
        const whole = DotSet.of(dots);
        const ways = [
          dots.reduce((set, dot) => set.add(dot.id, dot.counter), DotSet.empty),
          dots.toReversed().reduce((set, dot) => set.union(DotSet.of([dot])), DotSet.empty),
          whole.minus(other).union(whole.intersect(other)),
          whole.union(other).minus(other.minus(whole)),
          DotSet.decode(whole.encode()),
          [...whole.ranges()].toReversed().reduce((set, [id, from, to]) => set.addRange(id, from, to), DotSet.empty),
        ];
        for (const way of ways) {
          expect(way.equals(whole)).toBe(true);
          expect(way.encode()).toEqual(whole.encode());
          expect(way.toJSON()).toEqual(whole.toJSON());
        }
      }),
      RUNS,
    );
  });

  it('DotSet.ranges are maximal and ordered, and iteration gives every dot in order', () => {
    fc.assert(
      fc.property(anyDots, (dots) => {
        const whole = DotSet.of(dots);
        const list = [...whole];
        expect(list).toEqual(list.toSorted(compareDots));
        expect(list.map(formatDot)).toEqual([...new Set(dots.toSorted(compareDots).map(formatDot))]);
        const ranges = [...whole.ranges()];
        for (const [i, [id, from, to]] of ranges.entries()) {
          expect(from).toBeLessThanOrEqual(to);
          const next = ranges[i + 1];
          if (next !== undefined && next[0] === id) expect(next[1]).toBeGreaterThan(to + 1);
        }
      }),
      RUNS,
    );
  });

  it('DotSet gives itself, or the other itself, when nothing is added', () => {
    fc.assert(
      fc.property(anySet, anySet, anyDot, anyId, (a, b, dot, id) => {
        const union = a.union(b);
        if (a.covers(b)) expect(union).toBe(a);
        else if (b.covers(a)) expect(union).toBe(b);
        expect(union.union(a)).toBe(union);
        expect(a.add(dot.id, dot.counter) === a).toBe(a.has(dot.id, dot.counter));
        expect(a.minus(a)).toBe(DotSet.empty);
        expect(a.covers(a.vector)).toBe(true);
        expect(DotSet.empty.add(id, 1).vector.get(id)).toBe(1);
      }),
      RUNS,
    );
  });

  it('DotSet.fromVector holds exactly the dots of the clock', () => {
    fc.assert(
      fc.property(anyClock, anyClock, (a, b) => {
        expect(DotSet.fromVector(a).vector.equals(a)).toBe(true);
        expect(DotSet.fromVector(a).covers(b)).toBe(a.descends(b));
        expect(DotSet.fromVector(a).covers(DotSet.fromVector(b))).toBe(a.descends(b));
        expect(DotSet.fromVector(a).union(DotSet.fromVector(b)).vector.equals(a.merge(b))).toBe(true);
        expect(DotSet.fromVector(VectorClock.empty)).toBe(DotSet.empty);
      }),
      RUNS,
    );
  });
});
