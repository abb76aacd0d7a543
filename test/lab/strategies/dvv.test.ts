import { describe, expect, it } from 'vitest';
import { cairn } from '../../../src/lab/strategies/cairn.ts';
import { couchDb } from '../../../src/lab/strategies/couchdb.ts';
import { dvv } from '../../../src/lab/strategies/dvv.ts';
import { riakKeep } from '../../../src/lab/strategies/riak.ts';
import { versionVectorsByClient } from '../../../src/lab/strategies/vv-client.ts';
import { versionVectorsByServer } from '../../../src/lab/strategies/vv-server.ts';
import { farSite, saveUnread, takeTurns } from './explosion.ts';
import { Play } from './play.ts';

describe('sibling explosion', () => {
  it.each([
    [dvv(), 2],
    [riakKeep(), 2],
    [versionVectorsByServer, 99],
  ])('$name shows few or many siblings after 99 writes of two clients in turn', (strategy, siblings) => {
    expect(takeTurns(strategy, 99)).toHaveLength(siblings);
  });

  it.each([
    [dvv(), 2],
    [riakKeep(), 2],
    [versionVectorsByServer, 101],
  ])('$name shows few or many siblings at a far site after 100 writes here', (strategy, siblings) => {
    expect(farSite(strategy, 100)).toHaveLength(siblings);
  });
});

describe('saving without looking', () => {
  it.each([
    [cairn, { live: 2, refused: 0 }],
    // Each write is answered with what it was based on and its own dot, or with its own vector.
    [dvv(), { live: 2, refused: 0 }],
    [versionVectorsByClient(), { live: 2, refused: 0 }],
    // No vector is answered: each save is based on what was read before the first one.
    [riakKeep(), { live: 99, refused: 0 }],
    [versionVectorsByServer, { live: 99, refused: 0 }],
    // The second client's document is there already; the first one's revision is answered.
    [couchDb(), { live: 1, refused: 49 }],
  ])('$name comes after 99 saves of two clients in turn to what is documented', (strategy, outcome) => {
    expect(saveUnread(strategy, 99)).toEqual(outcome);
  });
});

describe('dvv', () => {
  it('dvv removes a value that a delete covers, and keeps the vector for ever', () => {
    const play = new Play(dvv(), 2);
    play.putEverywhere(0);
    const deleted = play.delete(0);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[], []]);
    expect(play.at(1).census()).toMatchObject({ keys: 1, versions: 0, tombstones: [deleted] });
  });

  it('dvv shows a write beside a delete alone: the delete leaves no trace', () => {
    const play = new Play(dvv(), 2);
    play.putEverywhere(0);
    play.delete(0);
    const value = play.put(1);
    play.exchange(0, 1);
    expect(play.show(0)).toEqual({ live: [value], deleted: [], passedOver: [] });
    expect(play.at(0).census().tombstones).toEqual([]);
  });

  it('dvv that drops the vector brings a deleted value back', () => {
    const play = new Play(dvv({ drop: true }), 2);
    const value = play.putEverywhere(0);
    play.delete(0);
    expect(play.held(0)).toBeUndefined();
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[value], [value]]);
  });

  it('dvv that drops the vector takes a new write and an old one of the same name for one', () => {
    const play = new Play(dvv({ drop: true }), 2);
    const old = play.putEverywhere(0);
    play.delete(0);
    const fresh = play.put(0);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[fresh], [old]]);
  });

  it('dvv that drops the vector loses a new write to a vector that knows more', () => {
    const play = new Play(dvv({ drop: true }), 2);
    play.putEverywhere(0);
    const old = play.putEverywhere(0);
    play.delete(0);
    play.put(0);
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[old], [old]]);
  });

  it('dvv leaves nothing of a delete of what was never there', () => {
    const play = new Play(dvv(), 2);
    play.delete(0);
    expect(play.held(0)).toBeUndefined();
  });
});
