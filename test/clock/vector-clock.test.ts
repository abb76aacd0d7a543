import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Comparison, VectorClock } from '../../src/clock/vector-clock.ts';
import { compareText } from '../../src/codec/text.ts';
import { COUNTER_MAX } from '../../src/limits.ts';
import { anyClock, anyDot, anyId, clock, modelOfClock, RUNS, showClock, within } from './literals.ts';

const OPPOSITE: Record<Comparison, Comparison> = {
  equal: 'equal',
  before: 'after',
  after: 'before',
  concurrent: 'concurrent',
};

describe('VectorClock tables', () => {
  //  left        right       compare       merge          meet
  it.each<[string, string, Comparison, string, string]>([
    ['', '', 'equal', '', ''],
    ['', 'a1', 'before', 'a1', ''],
    ['a1', 'a1', 'equal', 'a1', 'a1'],
    ['a1', 'a2', 'before', 'a2', 'a1'],
    ['a1', 'b1', 'concurrent', 'a1 b1', ''],
    ['a1', 'a1 b1', 'before', 'a1 b1', 'a1'],
    ['b1', 'a1 b1', 'before', 'a1 b1', 'b1'],
    ['a2', 'a1 b1', 'concurrent', 'a2 b1', 'a1'],
    ['b2', 'a1 b1', 'concurrent', 'a1 b2', 'b1'],
    ['a1 b2', 'a2 b1', 'concurrent', 'a2 b2', 'a1 b1'],
    ['a1 b2 c3', 'a1 b2 c3', 'equal', 'a1 b2 c3', 'a1 b2 c3'],
    ['a1 b2 c3', 'a1 b2 c4', 'before', 'a1 b2 c4', 'a1 b2 c3'],
    ['a1 c3', 'a1 b2 c3', 'before', 'a1 b2 c3', 'a1 c3'],
    ['a1 c4', 'a1 b2 c3', 'concurrent', 'a1 b2 c4', 'a1 c3'],
    ['a1 c3 d1', 'a1 b2 c3', 'concurrent', 'a1 b2 c3 d1', 'a1 c3'],
    ['a1 b9 d1', 'b9 c3', 'concurrent', 'a1 b9 c3 d1', 'b9'],
    ['a1 b1 c1', 'd1 e1 f1', 'concurrent', 'a1 b1 c1 d1 e1 f1', ''],
  ])('VectorClock %j against %j is %s, merges to %j and meets at %j', (left, right, comparison, merged, met) => {
    const a = clock(left);
    const b = clock(right);
    expect(a.compare(b)).toBe(comparison);
    expect(b.compare(a)).toBe(OPPOSITE[comparison]);
    expect(a.descends(b)).toBe(comparison === 'equal' || comparison === 'after');
    expect(b.descends(a)).toBe(comparison === 'equal' || comparison === 'before');
    expect(b.dominates(a)).toBe(comparison === 'before');
    expect(a.dominates(b)).toBe(false);
    expect(a.concurrent(b)).toBe(comparison === 'concurrent');
    expect(a.equals(b)).toBe(comparison === 'equal');
    for (const both of [a.merge(b), b.merge(a)]) expect(showClock(both)).toBe(merged);
    for (const both of [a.meet(b), b.meet(a)]) expect(showClock(both)).toBe(met);
  });

  it.each([
    ['', 'a', 'a1'],
    ['a1', 'a', 'a2'],
    ['b1', 'a', 'a1 b1'],
    ['a1 c1', 'b', 'a1 b1 c1'],
    ['a1 b1', 'c', 'a1 b1 c1'],
  ])('VectorClock.increment of %j at %s is %j', (before, id, after) => {
    const start = clock(before);
    expect(showClock(start.increment(id))).toBe(after);
    expect(showClock(start)).toBe(before);
  });

  it.each([
    ['a2', 'a', 1, 'a2'],
    ['a2', 'a', 2, 'a2'],
    ['a2', 'a', 7, 'a7'],
    ['a2', 'b', 0, 'a2'],
    ['b2', 'a', 3, 'a3 b2'],
  ])('VectorClock.with raises %j at %s to at least %d, giving %j', (before, id, counter, after) => {
    expect(showClock(clock(before).with(id, counter))).toBe(after);
  });

  it('VectorClock.has starts at 1, and fromJSON says what it cannot read', () => {
    const dots = [0, 1, 2, 3].map((counter) => ({ id: 'a', counter }));
    expect(dots.map((dot) => clock('a2').has(dot))).toEqual([false, true, true, false]);
    for (const bad of [null, 1]) expect(() => VectorClock.fromJSON(bad as never)).toThrow('Cannot read a clock'); // a caller without types
  });

  it('VectorClock.merge of concurrent clocks shares their ids where they are the same', () => {
    const start = clock('a1 b1');
    const [a, b] = [start.increment('a'), start.increment('b')];
    expect(a.merge(b).ids).toBe(start.ids);
    expect(clock('a2 b1').merge(b).ids).toEqual(['a', 'b']);
    expect(showClock(clock('a2').merge(b))).toBe('a2 b2');
  });

  it('VectorClock.compare reads no more than it needs', () => {
    //            left        right    ids  counters: those that are read before the answer is known
    const cost = (left: string, right: string): [ids: number, counters: number] => {
      const [a, ids, counters] = watched(left);
      const b = clock(right);
      const answer = a.compare(b);
      expect(answer).toBe(clock(left).compare(b));
      return [ids.reads, counters.reads];
    };
    expect(cost('a2 b1 c1 d1', 'a1 b2 c1 d1')).toEqual([2, 2]);
    expect(cost('a1 c2 d1 e1', 'b1 c1 d1 e1 f1')).toEqual([3, 1]);
    expect(cost('a1 b1', 'a1 b1')).toEqual([2, 2]);
    const [same, ids, counters] = watched('a1 b1');
    expect(same.compare(same)).toBe('equal');
    expect([ids.reads, counters.reads]).toEqual([0, 0]);
    expect(same.compare(VectorClock.ofSorted(same.ids, [1, 2]))).toBe('before');
    expect([ids.reads, counters.reads]).toEqual([0, 2]);
  });

  it('VectorClock.of drops zeros, sorts by UTF-8 bytes and refuses what is no clock', () => {
    const ids = ['\u{1F600}', '\uFFFD', 'b', 'a', '__proto__'];
    expect([...VectorClock.of(ids.map((id): [string, number] => [id, id === 'b' ? 0 : 1]))].map(([id]) => id)).toEqual([
      '__proto__',
      'a',
      '\uFFFD',
      '\u{1F600}',
    ]);
    expect(VectorClock.of([])).toBe(VectorClock.empty);
    expect(VectorClock.of([['a', 0]])).toBe(VectorClock.empty);
    expect(() =>
      VectorClock.of([
        ['a', 1],
        ['a', 2],
      ]),
    ).toThrow(RangeError);
    expect(() =>
      VectorClock.of([
        ['a', 0],
        ['a', 2],
      ]),
    ).toThrow(RangeError);
    expect(() => VectorClock.of([['', 1]])).toThrow(RangeError);
    expect(() => VectorClock.of([['\uD800', 1]])).toThrow(TypeError);
    for (const counter of [-1, 0.5, Number.NaN, COUNTER_MAX + 1])
      expect(() => VectorClock.of([['a', counter]])).toThrow(RangeError);
  });

  it('VectorClock.toJSON holds any id, and fromJSON reads it back through JSON text', () => {
    const all = VectorClock.of([
      ['__proto__', 3],
      ['constructor', 2],
      ['10', 1],
      ['9', COUNTER_MAX],
    ]);
    const json = all.toJSON();
    expect(Object.getPrototypeOf(json)).toBe(null);
    expect(Object.keys(json).length).toBe(4);
    expect(VectorClock.fromJSON(JSON.parse(JSON.stringify(all))).equals(all)).toBe(true);
    expect(VectorClock.fromJSON({}).get('toString')).toBe(0);
    for (const bad of [null, 1, 'a', undefined]) expect(() => VectorClock.fromJSON(bad as never)).toThrow(TypeError); // a caller without types
    expect(() => VectorClock.fromJSON({ a: '1' as never })).toThrow(RangeError); // a caller without types
  });

  it('VectorClock counters go up to 2^53 - 1, then increment throws COUNTER_EXHAUSTED', () => {
    const full = VectorClock.of([['a', COUNTER_MAX - 1]]).increment('a');
    expect(full.get('a')).toBe(COUNTER_MAX);
    expect(() => full.increment('a')).toThrow(
      expect.objectContaining({
        code: 'COUNTER_EXHAUSTED',
        outcome: 'not-done',
        details: { id: 'a', counter: COUNTER_MAX },
      }),
    );
    expect(full.increment('b').get('b')).toBe(1);
    expect(() => full.with('a', COUNTER_MAX + 1)).toThrow(RangeError);
    expect(full.has({ id: 'a', counter: COUNTER_MAX })).toBe(true);
    expect(() => full.increment('')).toThrow(RangeError);
    expect(() => full.with('\uDC00', 1)).toThrow(TypeError);
  });

  it('VectorClock.get finds every id of small and large clocks and no other', () => {
    for (const size of [0, 1, 7, 8, 9, 10, 100, 1_000]) {
      const entries = Array.from({ length: size }, (_, i): [string, number] => [
        `replica~${(i * 7919) % 1_009}`,
        i + 1,
      ]);
      const large = VectorClock.of(entries);
      for (const [id, counter] of entries) expect(large.get(id)).toBe(counter);
      for (const id of ['', 'a', 'replica~', 'replica~2000', 'z', '__proto__']) expect(large.get(id)).toBe(0);
      expect([...large].map(([id]) => id)).toEqual(entries.map(([id]) => id).sort(compareText));
    }
  });
});

describe('VectorClock laws', () => {
  it('VectorClock.compare is inclusion of dots (L3)', () => {
    fc.assert(
      fc.property(anyClock, anyClock, (a, b) => {
        const left = modelOfClock(a);
        const right = modelOfClock(b);
        const names = { truetrue: 'equal', truefalse: 'before', falsetrue: 'after', falsefalse: 'concurrent' } as const;
        const expected = names[`${within(left, right)}${within(right, left)}`];
        expect(a.compare(b)).toBe(expected);
        expect(a.descends(b)).toBe(within(right, left));
        expect(a.dominates(b)).toBe(expected === 'after');
        expect(a.concurrent(b)).toBe(expected === 'concurrent');
        expect(a.equals(b)).toBe(expected === 'equal');
      }),
      RUNS,
    );
  });

  it('VectorClock.merge is the least upper bound, meet the greatest lower bound (L3)', () => {
    fc.assert(
      fc.property(anyClock, anyClock, anyClock, (a, b, c) => {
        const merged = a.merge(b);
        expect(modelOfClock(merged)).toEqual(new Set([...modelOfClock(a), ...modelOfClock(b)]));
        expect(c.descends(merged)).toBe(c.descends(a) && c.descends(b));
        expect(merged.encode()).toEqual(b.merge(a).encode());
        expect(merged.merge(c).encode()).toEqual(a.merge(b.merge(c)).encode());
        const met = a.meet(b);
        expect(modelOfClock(met)).toEqual(new Set([...modelOfClock(a)].filter((dot) => modelOfClock(b).has(dot))));
        expect(met.descends(c)).toBe(a.descends(c) && b.descends(c));
      }),
      RUNS,
    );
  });

  it('VectorClock.merge gives the clock itself that descends the other', () => {
    fc.assert(
      fc.property(anyClock, anyClock, (a, b) => {
        const merged = a.merge(b);
        expect(merged.merge(a)).toBe(merged);
        expect(b.merge(merged)).toBe(b.descends(merged) ? b : merged);
        if (!a.concurrent(b)) expect([a, b]).toContain(merged);
      }),
      RUNS,
    );
  });

  it('VectorClock.increment adds exactly the next dot, and shares what it can', () => {
    fc.assert(
      fc.property(anyClock, anyId, anyDot, (start, id, dot) => {
        const next = start.increment(id);
        expect(next.dominates(start)).toBe(true);
        expect(modelOfClock(next)).toEqual(modelOfClock(start).add(`${id}:${start.get(id) + 1}`));
        if (start.get(id) > 0) expect(next.ids).toBe(start.ids);
        expect(start.has(dot)).toBe(modelOfClock(start).has(`${dot.id}:${dot.counter}`));
        expect(start.with(dot.id, dot.counter).get(dot.id)).toBe(Math.max(dot.counter, start.get(dot.id)));
      }),
      RUNS,
    );
  });

  it('VectorClock compares the same whether its arrays and strings are shared or fresh', () => {
    fc.assert(
      fc.property(
        anyClock,
        fc.array(anyId, { maxLength: 4 }),
        fc.array(anyId, { maxLength: 4 }),
        (start, left, right) => {
          const a = left.reduce((at, id) => at.increment(id), start);
          const b = right.reduce((at, id) => at.increment(id), start);
          const fresh = VectorClock.of([...b].map(([id, counter]): [string, number] => [[...id].join(''), counter]));
          expect(a.compare(fresh)).toBe(a.compare(b));
          expect(a.merge(fresh).equals(a.merge(b))).toBe(true);
          expect(VectorClock.fromJSON(a.toJSON()).equals(a)).toBe(true);
        },
      ),
      RUNS,
    );
  });
});

type Watched = { reads: number };

/** A clock whose arrays count how often an entry is read. */
function watched(text: string): [VectorClock, ids: Watched, counters: Watched] {
  const { ids, counters } = clock(text);
  const count = <T>(list: readonly T[]): [readonly T[], Watched] => {
    const watch = { reads: 0 };
    const get = (target: readonly T[], field: string | symbol): unknown => {
      if (typeof field === 'string' && /^\d+$/.test(field)) watch.reads++;
      return Reflect.get(target, field);
    };
    return [new Proxy(list, { get }), watch];
  };
  const [watchedIds, idReads] = count(ids);
  const [watchedCounters, counterReads] = count(counters);
  return [VectorClock.ofSorted(watchedIds, watchedCounters), idReads, counterReads];
}
