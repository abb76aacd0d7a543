import { describe, expect, it } from 'vitest';
import { versionVectorsByServer } from '../../../src/lab/strategies/vv-server.ts';
import { BLIND, Play } from './play.ts';

describe('versionVectorsByServer', () => {
  it('versionVectorsByServer replaces what a context has, all of it or nothing', () => {
    const play = new Play(versionVectorsByServer, 2);
    const first = play.put(0);
    const read = play.read(0);
    const second = play.put(0, BLIND);
    // Its writer had seen the first one; nobody can tell any more.
    const third = play.put(0, { basis: read });
    expect(play.live(0)).toEqual([first, second, third]);
    const resolved = play.put(0);
    expect(play.live(0)).toEqual([resolved]);
  });

  it('versionVectorsByServer keeps both of two concurrent writes at two servers', () => {
    const play = new Play(versionVectorsByServer, 2);
    const one = play.put(0);
    const other = play.put(1);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([
      [one, other],
      [one, other],
    ]);
  });

  it('versionVectorsByServer keeps tombstones as siblings', () => {
    const play = new Play(versionVectorsByServer, 2);
    play.putEverywhere(0);
    const deleted = play.delete(0);
    const value = play.put(1);
    play.exchange(0, 1);
    expect(play.show(0)).toEqual({ live: [value], deleted: [deleted], passedOver: [] });
  });

  it('versionVectorsByServer merges in another order to another result', () => {
    const { run, held } = threeStates();
    const left = run.merge('key', run.merge('key', held[0], held[1]), held[2]);
    const right = run.merge('key', held[0], run.merge('key', held[1], held[2]));
    expect([run.show('key', left).live, run.show('key', right).live]).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
  });

  /** A write at one server, and a write and its overwriting at the other. */
  function threeStates() {
    const play = new Play(versionVectorsByServer, 2);
    play.put(1);
    play.put(0);
    const older = play.held(0);
    play.put(0);
    return { run: play.run, held: [play.held(1), older, play.held(0)] };
  }
});
