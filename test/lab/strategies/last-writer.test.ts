import { describe, expect, it } from 'vitest';
import { cassandra, GRACE_MS } from '../../../src/lab/strategies/cassandra.ts';
import {
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  lastWriterByWallClock,
} from '../../../src/lab/strategies/last-writer.ts';
import { BLIND, Play } from './play.ts';

describe('lastWriterBy…', () => {
  it.each([
    // The second replica's clock is behind: its write, which had seen the first, is dropped by wall clock alone.
    [lastWriterByWallClock, 1],
    [lastWriterByHybridClock, 2],
    [lastWriterByLamportClock, 2],
  ])('$name keeps one of a write and a later one with a clock that is behind', (strategy, kept) => {
    const play = new Play(strategy, 2);
    play.clocks[1] = 0;
    play.putEverywhere(0);
    play.put(1);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[kept], [kept]]);
  });

  it.each([lastWriterByWallClock, lastWriterByHybridClock, lastWriterByLamportClock])(
    '$name keeps one of two concurrent writes, and a delete between equal times',
    (strategy) => {
      const play = new Play(strategy, 2);
      play.delete(0, BLIND);
      play.put(1, BLIND);
      play.exchange(0, 1);
      expect([play.live(0), play.live(1)]).toEqual([[], []]);
    },
  );
});

describe('cassandra', () => {
  /** A delete at 1 s while the second replica is away; both tidy up when the clock says `at`; then they exchange. */
  function deleteAndReturn(at: number, graceMs?: number): readonly (readonly number[])[] {
    const play = new Play(cassandra(graceMs === undefined ? {} : { graceMs }), 2);
    play.clocks.fill(500);
    play.putEverywhere(0);
    play.clocks.fill(1_000);
    play.delete(0);
    play.clocks.fill(at);
    for (const replica of play.replicas) [...replica.tidy()];
    play.exchange(0, 1);
    return [play.live(0), play.live(1)];
  }

  it.each([
    ['within the grace period', 1_000 + GRACE_MS, undefined, [[], []]],
    ['after the grace period', 1_001 + GRACE_MS, undefined, [[1], [1]]],
    ['within a short one', 1_300, 300, [[], []]],
    ['after a short one', 1_301, 300, [[1], [1]]],
  ])('cassandra, with a replica that comes back %s', (_when, at, graceMs, shown) => {
    expect(deleteAndReturn(at, graceMs)).toEqual(shown);
  });

  it('cassandra keeps ten days by default, counts the tombstone until then, and nothing afterwards', () => {
    expect(GRACE_MS).toBe(10 * 24 * 3_600 * 1_000);
    const play = new Play(cassandra({ graceMs: 10 }), 1);
    const deleted = play.delete(0);
    expect(play.at(0).census().tombstones).toEqual([deleted]);
    play.clocks[0] = 1_011;
    expect([...play.at(0).tidy()]).toEqual(['key']);
    expect(play.at(0).census().keys).toBe(0);
  });

  it('cassandra drops a tombstone by the clock of each replica, right or wrong', () => {
    const play = new Play(cassandra({ graceMs: 300 }), 2);
    play.putEverywhere(0);
    play.deleteEverywhere(0);
    play.clocks[1] = 99_999;
    for (const replica of play.replicas) [...replica.tidy()];
    expect([play.held(0) === undefined, play.held(1) === undefined]).toEqual([false, true]);
  });

  it('cassandra brings back what was deleted when a hint comes after the grace period', () => {
    const play = new Play(cassandra({ graceMs: 300 }), 2);
    const value = play.put(0);
    play.clocks.fill(1_001);
    play.deleteEverywhere(0);
    play.clocks.fill(2_000);
    for (const replica of play.replicas) [...replica.tidy()];
    expect(play.tell(value, 1)).toBe(true);
    expect(play.live(1)).toEqual([value]);
  });

  it.each([
    ['the greater value, whoever wrote it', 1, 0, false],
    ['the delete', 1, 0, true],
  ])('cassandra keeps between equal times %s', (_what, first, second, isDelete) => {
    const play = new Play(cassandra(), 2);
    const one = isDelete ? play.delete(first, BLIND) : play.put(first, BLIND);
    const other = play.put(second, BLIND);
    play.exchange(0, 1);
    const shown = isDelete ? [] : [Math.max(one ?? 0, other ?? 0)];
    expect([play.live(0), play.live(1)]).toEqual([shown, shown]);
  });
});
