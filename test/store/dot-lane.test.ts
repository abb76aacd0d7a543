import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotLane } from '../../src/store/dot-lane.ts';
import { SEED } from './replicas.ts';

type Dot = readonly [counter: number, slot: number];

function found(lane: DotLane, from = 0, to = Number.MAX_SAFE_INTEGER): Dot[] {
  const dots: Dot[] = [];
  lane.visit(from, to, (counter, slot) => dots.push([counter, slot]));
  return dots;
}

/** A lane beside a plain list of what it should hold. */
class Twin {
  readonly lane = new DotLane();
  dots: Dot[] = [];

  add(counter: number, slot: number): void {
    this.lane.add(counter, slot);
    this.dots.push([counter, slot]);
  }

  drop(counter: number, slot: number): void {
    this.lane.drop(counter, slot);
    this.dots = this.dots.filter((dot) => dot[0] !== counter || dot[1] !== slot);
  }

  expectAlike(from?: number, to?: number): void {
    const [low, high] = [from ?? 0, to ?? Number.MAX_SAFE_INTEGER];
    const expected = this.dots.filter(([counter]) => counter >= low && counter <= high);
    const visited = found(this.lane, low, high);
    expect(visited.map(([counter]) => counter)).toEqual(visited.map(([counter]) => counter).sort((a, b) => a - b));
    const text = (dots: readonly Dot[]): string[] => dots.map((dot) => dot.join(' ')).sort();
    expect(text(visited)).toEqual(text(expected));
    expect(this.lane.isEmpty).toBe(this.dots.length === 0);
  }
}

describe('DotLane', () => {
  test('DotLane is empty until something came, also out of order, and again when all of it went', () => {
    const lane = new DotLane();
    expect(lane.isEmpty).toBe(true);
    lane.add(5, 1);
    lane.drop(5, 1);
    expect(lane.isEmpty).toBe(true);
    lane.add(3, 2);
    expect(lane.isEmpty).toBe(false);
    expect(found(lane)).toEqual([[3, 2]]);
    lane.drop(3, 2);
    expect([lane.isEmpty, found(lane)]).toEqual([true, []]);
  });

  test.each<[what: string, counters: readonly number[]]>([
    ['in order', [1, 2, 3, 4, 5, 6]],
    ['from anywhere on', [1_000, 1_001, 1_002]],
    ['with small gaps', [1, 3, 4, 6, 7, 9]],
    ['with a gap as long as is spread', [1, 3, 6, 9, 12]],
    ['with large gaps', [1, 100, 101, 2 ** 40, 2 ** 40 + 1, 2 ** 53 - 1]],
    ['out of order', [5, 3, 4, 1, 2]],
    ['out of order, with large gaps', [2 ** 40, 5, 2 ** 30, 1, 7]],
    ['in order, then before all', [10, 11, 12, 9, 8, 13, 2, 14]],
    ['in order behind a hole', [1, 2, 3, 50, 4, 5]],
  ])('DotLane finds dots that come %s, in any part of it', (_, counters) => {
    for (const looksBetween of [false, true]) {
      const twin = new Twin();
      for (const [slot, counter] of counters.entries()) {
        twin.add(counter, slot);
        if (looksBetween) twin.expectAlike();
      }
      for (const from of [0, ...counters]) {
        for (const to of counters) {
          twin.expectAlike(from, to);
          twin.expectAlike(from + 1, to);
          twin.expectAlike(from, to - 1);
        }
      }
      for (const [slot, counter] of counters.entries()) {
        twin.drop(counter, slot);
        twin.expectAlike();
      }
    }
  });

  test('DotLane keeps a dot that has two slots, and drops the one named', () => {
    const twin = new Twin();
    for (const [counter, slot] of [
      [1, 0],
      [2, 1],
      [2, 7],
      [3, 2],
      [2, 8],
      [3, 9],
    ] as const)
      twin.add(counter, slot);
    twin.expectAlike();
    for (const slot of [7, 5, 1, 8]) {
      twin.drop(2, slot);
      twin.expectAlike();
    }
    twin.drop(4, 2);
    twin.drop(3, 2);
    twin.drop(0, 0);
    twin.expectAlike();
  });

  test.each<[what: string, counterOf: (at: number) => number]>([
    ['without gaps', (at) => at + 1],
    ['with small gaps', (at) => 2 * at + 1],
    ['with large gaps', (at) => 1_000 * at + 1],
  ])('DotLane is made anew when most of it went, %s', (_, counterOf) => {
    const ways: readonly ((at: number) => boolean)[] = [
      (at) => at % 10 === 0,
      (at) => at >= 350,
      (at) => at < 50,
      (at) => at === 0 || at === 399,
      () => false,
    ];
    for (const keeps of ways) {
      for (const isDown of [false, true]) {
        const twin = new Twin();
        for (let at = 0; at < 400; at += 1) twin.add(counterOf(at), at);
        for (let step = 0; step < 400; step += 1) {
          const at = isDown ? 399 - step : step;
          if (!keeps(at)) twin.drop(counterOf(at), at);
          if (step % 50 === 49) twin.expectAlike();
        }
        for (let at = 400; at < 420; at += 1) twin.add(counterOf(at), at);
        twin.add(counterOf(500), 500);
        twin.add(counterOf(401), 501);
        twin.expectAlike(counterOf(300), counterOf(410));
        twin.expectAlike();
      }
    }
  });

  test('DotLane follows keys to other slots, also those of dots that wait', () => {
    const lane = new DotLane();
    for (const [counter, slot] of [
      [1, 0],
      [3, 1],
      [4, 2],
      [2, 3],
    ] as const)
      lane.add(counter, slot);
    lane.drop(3, 1);
    lane.move(Int32Array.of(9, 8, 7, 6));
    expect(found(lane)).toEqual([
      [1, 9],
      [2, 6],
      [4, 7],
    ]);
  });

  test('DotLane holds what a list holds, after any steps', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('next' as const), gap: fc.constantFrom(1, 1, 1, 2, 3, 9, 500) }),
      fc.record({ kind: fc.constant('late' as const), counter: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('drop' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('look' as const), from: fc.nat({ max: 60 }), to: fc.nat({ max: 60 }) }),
    );
    const check = fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const twin = new Twin();
      let newest = 0;
      for (const [slot, it] of steps.entries()) {
        if (it.kind === 'next') twin.add((newest += it.gap), slot);
        else if (it.kind === 'late') twin.add(it.counter, slot);
        else if (it.kind === 'look') twin.expectAlike(it.from, it.to);
        else if (twin.dots.length > 0) twin.drop(...(twin.dots[it.pick % twin.dots.length] as Dot));
        if (it.kind === 'late') newest = Math.max(newest, it.counter);
      }
      twin.expectAlike();
    });
    fc.assert(check, { seed: SEED, numRuns: 300 });
  });
});
