import { describe, expect, it } from 'vitest';
import { couchDb } from '../../../src/lab/strategies/couchdb.ts';
import { BLIND, Play } from './play.ts';

/** One document at two replicas, edited at each so often. */
function edited(here: number, there: number) {
  const play = new Play(couchDb(), 2);
  play.putEverywhere(0);
  const at = (replica: number, count: number) => Array.from({ length: count }, () => play.put(replica)).at(-1) ?? 0;
  const [one, other] = [at(0, here), at(1, there)];
  play.exchange(0, 1);
  return { play, one, other };
}

describe('couchDb', () => {
  it.each([
    ['one that was replaced', (play: Play) => play.put(0, { basis: oldBasis(play) })],
    ['none, of a document that is there', (play: Play) => play.put(0, BLIND)],
    ['none, to delete', (play: Play) => play.delete(0, BLIND)],
    ['one that was replaced, to delete', (play: Play) => play.delete(0, { basis: oldBasis(play) })],
  ])('couchDb refuses an edit that names as its revision %s', (_what, edit) => {
    const play = new Play(couchDb(), 2);
    play.putEverywhere(0);
    expect(edit(play)).toBeUndefined();
    expect(play.put(0)).toBeDefined();
  });

  /** What a client read before somebody else edited. */
  function oldBasis(play: Play) {
    const basis = play.read(0);
    play.put(0);
    return basis;
  }

  it('couchDb answers a delete of what is not there with "not found"', () => {
    const play = new Play(couchDb(), 2);
    expect(play.delete(0)).toBeUndefined();
    play.put(0);
    play.delete(0);
    expect(play.delete(0)).toBeUndefined();
  });

  it.each([
    [2, 1],
    [1, 2],
  ])('couchDb shows the longer branch of %i and %i edits, and keeps the other aside', (here, there) => {
    const { play, one, other } = edited(here, there);
    const [winner, loser] = here > there ? [one, other] : [other, one];
    for (const at of [0, 1])
      expect(play.show(at)).toEqual({ live: [winner], deleted: [], passedOver: [], aside: [loser] });
  });

  it('couchDb shows of equally long branches the same one everywhere', () => {
    const { play, one, other } = edited(1, 1);
    const [winner] = play.live(0);
    expect([one, other]).toContain(winner);
    expect(play.show(0)).toEqual(play.show(1));
  });

  it('couchDb compares generations as numbers: the tenth beats the ninth', () => {
    const { play, one } = edited(9, 8);
    expect(play.live(1)).toEqual([one]);
  });

  it('couchDb brings the losing leaf back when the winner is deleted', () => {
    const { play, other } = edited(2, 1);
    expect(play.deleteEverywhere(0)).toBeDefined();
    expect([play.live(0), play.live(1)]).toEqual([[other], [other]]);
    play.deleteEverywhere(0);
    expect(play.live(0)).toEqual([]);
  });

  it('couchDb shows an offline edit in the place of a delete, however long the branch of the delete', () => {
    const play = new Play(couchDb(), 2);
    play.putEverywhere(0);
    const offline = play.put(1);
    play.put(0);
    play.put(0);
    const deleted = play.delete(0);
    play.exchange(0, 1);
    expect(play.show(0)).toEqual({ live: [offline], deleted: [], passedOver: [], aside: [] });
    expect(play.at(0).census().versions).toBe(2);
    play.delete(0);
    expect(play.at(0).census().tombstones).toContain(deleted);
  });

  it('couchDb keeps a delete for ever, and goes on from it when the document is made again', () => {
    const play = new Play(couchDb(), 2);
    play.putEverywhere(0);
    const deleted = play.deleteEverywhere(0);
    play.clocks.fill(1e15);
    expect([...play.at(0).tidy()]).toEqual([]);
    expect(play.at(0).census().tombstones).toEqual([deleted]);
    const again = play.putEverywhere(1, BLIND);
    expect(play.live(0)).toEqual([again]);
    // Three revisions of sixteen bytes, one leaf: not a tree with a second root.
    expect(play.at(0).census()).toMatchObject({ versions: 1, tombstones: [], metadataBytes: 3 * 16 + 1 });
  });

  it('couchDb knows the same delete of two replicas for one revision', () => {
    const play = new Play(couchDb(), 2);
    play.putEverywhere(0);
    const [one] = [play.delete(0), play.delete(1)];
    play.exchange(0, 1);
    expect(play.at(0).census()).toMatchObject({ versions: 1 });
    play.exchange(0, 1);
    expect(one).toBeDefined();
    expect(play.run.isSame(play.held(0), play.held(1))).toBe(true);
  });

  it.each([
    [1_000, 1],
    [4, 1],
    [3, 2],
  ])('couchDb with revs_limit %i has after three edits that a replica missed %i leaves', (revsLimit, leaves) => {
    const play = new Play(couchDb({ revsLimit }), 2);
    play.putEverywhere(0);
    for (let count = 0; count < 3; count += 1) play.put(0);
    play.exchange(0, 1);
    expect(play.at(1).census().versions).toBe(leaves);
  });

  it('couchDb counts each revision it remembers once, up to the limit', () => {
    const { play } = edited(2, 1);
    expect(play.at(0).census().metadataBytes).toBe(16 * 4 + 2);
    const short = new Play(couchDb({ revsLimit: 5 }), 1);
    for (let count = 0; count < 9; count += 1) short.put(0);
    expect(short.at(0).census().metadataBytes).toBe(16 * 5 + 1);
  });
});
