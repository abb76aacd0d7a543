import { describe, expect, it } from 'vitest';
import { riakDelay, riakImmediate, riakKeep } from '../../../src/lab/strategies/riak.ts';
import { BLIND, Play } from './play.ts';

describe('riakDelay', () => {
  it('riakDelay waits three seconds by default, riakImmediate not at all, riakKeep never reaps', () => {
    expect(riakDelay().reaping?.delayMs).toBe(3_000);
    expect(riakDelay({ delayMs: 7 }).reaping?.delayMs).toBe(7);
    expect(riakImmediate().reaping?.delayMs).toBe(0);
    expect(riakKeep().reaping).toBeUndefined();
  });

  it('riakDelay reaps a tombstone that all replicas hold, and leaves nothing behind', () => {
    const play = new Play(riakDelay());
    play.putEverywhere(0);
    play.deleteEverywhere(0);
    expect(play.reap()).toBe(true);
    expect(play.replicas.map((_, at) => play.held(at))).toEqual([undefined, undefined, undefined]);
    expect(play.at(0).census()).toEqual({ keys: 0, versions: 0, tombstones: [], metadataBytes: 0 });
  });

  it('riakDelay does not reap while a replica is away, and the delete reaches it when it is back', () => {
    const play = new Play(riakDelay());
    play.putEverywhere(0);
    const deleted = play.delete(0);
    play.tell(deleted, 1);
    expect(play.reap()).toBe(false);
    play.exchange(0, 2);
    expect([play.live(0), play.live(2)]).toEqual([[], []]);
    expect(play.reap()).toBe(true);
  });

  it.each([
    ['a value', (play: Play) => void play.put(1)],
    ['another tombstone', (play: Play) => void play.delete(1)],
    ['nothing', (play: Play) => play.forget(1)],
  ])('riakDelay does not reap where a replica holds %s', (_what, change) => {
    const play = new Play(riakDelay());
    play.putEverywhere(0);
    play.delete(0);
    play.exchange(0, 2);
    change(play);
    expect(play.reap()).toBe(false);
  });

  it('riakDelay leaves alone what changed between the answers and the reap', () => {
    const play = new Play(riakDelay());
    play.putEverywhere(0);
    play.deleteEverywhere(0);
    const order = play.strategy.reaping?.decide(play.replicas.map((replica) => replica.held('key')));
    const value = play.put(1);
    expect(play.replicas.map((replica) => replica.take('key', order))).toEqual([true, false, true]);
    expect([play.live(0), play.live(1)]).toEqual([[], [value]]);
  });

  /** Issue 679 as riak_test kv679_tombstone plays it: what a late tombstone does to a key that was made again. */
  function doomstone(keyEpochs: boolean): { readonly play: Play; readonly fresh: number | undefined } {
    const play = new Play(riakDelay({ keyEpochs }));
    for (let count = 0; count < 3; count += 1) play.putEverywhere(0);
    const deleted = play.deleteEverywhere(0);
    play.reap();
    const fresh = play.putEverywhere(0);
    // A fallback that was away hands over the tombstone it kept.
    play.tell(deleted, 2);
    play.exchange(2, 0);
    play.exchange(2, 1);
    return { play, fresh };
  }

  it('riakDelay loses a new write to an old tombstone that comes late', () => {
    const { play, fresh } = doomstone(false);
    expect(fresh).toBeDefined();
    expect(play.replicas.map((_, at) => play.live(at))).toEqual([[], [], []]);
  });

  it('riakDelay keeps both of two writes that one dot names', () => {
    const play = new Play(riakDelay(), 2);
    const old = play.putEverywhere(0);
    play.tell(play.delete(1), 0);
    play.reap();
    const fresh = play.put(0);
    play.tell(old, 1);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([
      [old, fresh],
      [old, fresh],
    ]);
  });

  it('riakDelay keeps it with an actor for each life of a key', () => {
    const { play, fresh } = doomstone(true);
    expect(play.replicas.map((_, at) => play.live(at))).toEqual([[fresh], [fresh], [fresh]]);
    expect(play.show(0).deleted).toHaveLength(1);
  });
});

describe('riakKeep', () => {
  it('riakKeep shows a tombstone beside a concurrent value, and the next write replaces both', () => {
    const play = new Play(riakKeep(), 2);
    play.putEverywhere(0);
    const deleted = play.delete(0);
    const value = play.put(1);
    play.exchange(0, 1);
    expect(play.show(0)).toEqual({ live: [value], deleted: [deleted], passedOver: [] });
    const resolved = play.putEverywhere(1);
    expect(play.show(0)).toEqual({ live: [resolved], deleted: [], passedOver: [] });
  });

  it('riakKeep keeps siblings in ascending order, and drops those that a context covers', () => {
    const play = new Play(riakKeep(), 2);
    const first = play.put(0);
    const read = play.read(0);
    const second = play.put(0, BLIND);
    const third = play.put(0, { basis: read });
    expect(play.live(0)).toEqual([second, third]);
    expect(first).toBe(1);
  });

  it('riakKeep answers a delete of what is not there with "not found"', () => {
    const play = new Play(riakKeep(), 2);
    expect(play.delete(0)).toBeUndefined();
    play.putEverywhere(0);
    play.deleteEverywhere(0);
    expect(play.delete(1)).toBeUndefined();
    expect(play.delete(1, BLIND)).toBeUndefined();
  });

  it('riakKeep makes a key again on top of its tombstone', () => {
    const play = new Play(riakKeep(), 2);
    play.putEverywhere(0);
    play.deleteEverywhere(0);
    const again = play.putEverywhere(1);
    expect(play.show(0)).toEqual({ live: [again], deleted: [], passedOver: [] });
    expect(play.at(0).census().tombstones).toEqual([]);
  });

  it('riakKeep takes a new actor when a disk is lost, so that no dot is issued twice', () => {
    const play = new Play(riakKeep(), 2);
    const before = play.putEverywhere(0);
    play.forget(0);
    const after = play.put(0);
    play.exchange(0, 1);
    expect(play.live(1)).toEqual([before, after]);
  });
});
