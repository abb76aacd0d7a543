import { describe, expect, it } from 'vitest';
import { scalar, scalarWithTombstones } from '../../../src/lab/strategies/scalar.ts';
import { BLIND, Play } from './play.ts';

describe('scalar', () => {
  it('scalar brings a value back that was deleted while a replica was away', () => {
    const play = new Play(scalar, 2);
    const value = play.putEverywhere(0);
    play.delete(0);
    expect([play.live(0), play.live(1)]).toEqual([[], [value]]);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[value], [value]]);
  });

  it('scalar deletes where it is told, and leaves nothing behind', () => {
    const play = new Play(scalar, 2);
    play.putEverywhere(0);
    play.deleteEverywhere(0);
    expect([play.held(0), play.held(1)]).toEqual([undefined, undefined]);
    expect(play.at(0).census()).toEqual({ keys: 0, versions: 0, tombstones: [], metadataBytes: 0 });
  });

  it('scalar begins again at one after a delete, so that an old value beats a new one', () => {
    const play = new Play(scalar, 2);
    play.putEverywhere(0);
    const old = play.putEverywhere(0);
    play.delete(0);
    const fresh = play.put(0);
    expect(play.live(0)).toEqual([fresh]);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[old], [old]]);
  });

  it('scalar ignores a delete that comes after a higher number', () => {
    const play = new Play(scalar, 2);
    play.putEverywhere(0);
    const deleted = play.delete(0);
    play.put(1);
    const newest = play.put(1);
    expect(play.tell(deleted, 1)).toBe(false);
    expect(play.live(1)).toEqual([newest]);
  });
});

describe.each([scalar, scalarWithTombstones])('$name', (strategy) => {
  it('keeps one of two concurrent writes, the same everywhere', () => {
    const play = new Play(strategy, 2);
    play.put(0);
    const other = play.put(1, BLIND);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[other], [other]]);
  });

  it('keeps the write with more writes behind it, whoever was later', () => {
    const play = new Play(strategy, 2);
    play.put(0);
    const long = play.put(0);
    play.put(1);
    play.exchange(0, 1);
    expect(play.live(1)).toEqual([long]);
  });
});

describe('scalarWithTombstones', () => {
  it('scalarWithTombstones keeps a delete against a replica that was away, and for ever', () => {
    const play = new Play(scalarWithTombstones, 2);
    play.putEverywhere(0);
    const deleted = play.delete(0);
    play.exchange(0, 1);
    play.clocks.fill(1e15);
    expect([...play.at(0).tidy(), ...play.at(1).tidy()]).toEqual([]);
    expect([play.live(0), play.live(1)]).toEqual([[], []]);
    expect(play.at(1).census().tombstones).toEqual([deleted]);
  });

  it('scalarWithTombstones loses a write beside a delete with as high a number', () => {
    const play = new Play(scalarWithTombstones, 2);
    play.putEverywhere(0);
    play.delete(0);
    play.put(1);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[], []]);
  });
});
