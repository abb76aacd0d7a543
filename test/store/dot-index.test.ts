import { describe, expect, test } from 'vitest';
import { hashText } from '../../src/codec/hash.ts';
import { DotIndex } from '../../src/store/dot-index.ts';
import { set } from '../clock/literals.ts';

function found(index: DotIndex, dots: string): string[] {
  const all: string[] = [];
  index.visit(set(dots), (id, counter, slot) => all.push(`${id}${counter}:${slot}`));
  return all;
}

describe('DotIndex', () => {
  test('DotIndex gives each id a lane with a number from 1 on, and the same lane again', () => {
    const index = new DotIndex();
    const [a, b] = [index.lane('a'), index.lane('b')];
    expect([a.number, b.number]).toEqual([1, 2]);
    expect([index.lane('a') === a, index.lane('b') === b, index.lane('b') === b]).toEqual([true, true, true]);
    expect([index.laneAt(1) === a, index.laneAt(2) === b]).toEqual([true, true]);
    expect([a.id, a.hash]).toEqual(['a', hashText('a')]);
  });

  test('DotIndex forgets a lane that has no dots left, and only such a one; its number goes to the next id', () => {
    const index = new DotIndex();
    const [a, b] = [index.lane('a'), index.lane('b')];
    a.dots.add(1, 0);
    b.dots.add(1, 1);
    index.leave(a);
    expect(index.lane('a')).toBe(a);
    a.dots.drop(1, 0);
    index.leave(a);
    const c = index.lane('c');
    expect([c.number, index.laneAt(1) === c]).toEqual([1, true]);
    const again = index.lane('a');
    expect([again === a, again.number, again.dots.isEmpty]).toEqual([false, 3, true]);
    again.dots.add(2, 7);
    expect(found(index, 'a1-9 b1-9 c1-9')).toEqual(['a2:7', 'b1:1']);
  });

  test('DotIndex visits the dots asked for, by id and counter, and follows keys to other slots', () => {
    const index = new DotIndex();
    for (const [id, counter, slot] of [
      ['b', 1, 0],
      ['a', 2, 1],
      ['a', 5, 2],
      ['b', 2, 3],
      ['c', 1, 4],
    ] as const)
      index.lane(id).dots.add(counter, slot);
    expect(found(index, 'a1-9 b2 d1-3')).toEqual(['a2:1', 'a5:2', 'b2:3']);
    expect(found(index, '')).toEqual([]);
    index.move(Int32Array.of(4, 3, 2, 1, 0));
    expect(found(index, 'a1-9 b1-9 c1-9')).toEqual(['a2:3', 'a5:2', 'b1:4', 'b2:1', 'c1:0']);
  });
});
