import { describe, expect, test } from 'vitest';
import { mayAdopt, mustReconcile } from '../../src/repair/fence.ts';
import type { Clocks } from '../../src/repair/messages.ts';
import { clock, set } from '../clock/literals.ts';

const clocks = (seen: string, reaped = ''): Clocks => ({ seen: set(seen), reaped: clock(reaped) });

describe('mustReconcile', () => {
  test.each<[me: Clocks, peer: Clocks, must: boolean]>([
    [clocks(''), clocks(''), false],
    [clocks('a1-3'), clocks('a1-2 b1'), false],
    [clocks('a1-3', 'a2'), clocks('a1-2 b1', 'b1'), true],
    [clocks('a1-3', 'a2'), clocks('a1-2 b1'), false],
    [clocks('a1-3', 'a3'), clocks('a1-2 b1'), true],
    [clocks('a1-3 b1', 'a3'), clocks('a1-2 b1', 'b1'), true],
    [clocks('a1-3', 'a3'), clocks('b1'), false],
    [clocks('a1-3', 'a3'), clocks('b1 c1', 'c1'), false],
    [clocks('a1-3'), clocks(''), false],
  ])(
    'mustReconcile %#: when one reaped what the other has not seen, and both have seen something',
    (me, peer, must) => {
      expect(mustReconcile(me, peer)).toBe(must);
      expect(mustReconcile(peer, me)).toBe(must);
    },
  );
});

describe('mayAdopt', () => {
  test.each<[what: string, me: Clocks, then: Clocks | undefined, now: Clocks, may: boolean]>([
    ['all that was reaped is seen here', clocks('a1-3'), clocks('a1-3'), clocks('a1-3', 'a3'), true],
    ['the same, with nothing known from before', clocks('a1-3'), undefined, clocks('a1-3', 'a3'), true],
    ['nothing is known from before', clocks('a1'), undefined, clocks('a1-3', 'a3'), false],
    ['it was reconciled', clocks('a1'), clocks('a1-3', 'a3'), clocks('a1-3', 'a3'), true],
    ['the peer has moved on elsewhere', clocks('a1'), clocks('a1-3', 'a3'), clocks('a1-3 b1', 'a3'), true],
    ['the peer has moved on in common', clocks('a1 b1'), clocks('a1-3', 'a3'), clocks('a1-3 b1', 'a3'), false],
    ['the peer reaped meanwhile', clocks('a1'), clocks('a1-3', 'a2'), clocks('a1-3', 'a3'), false],
  ])('mayAdopt when %s', (_, me, then, now, may) => {
    expect(mayAdopt(me, then, now)).toBe(may);
  });
});
