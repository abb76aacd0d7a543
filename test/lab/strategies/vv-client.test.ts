import { describe, expect, it } from 'vitest';
import { versionVectorsByClient } from '../../../src/lab/strategies/vv-client.ts';
import { farSite, takeTurns } from './explosion.ts';
import { BLIND, Play } from './play.ts';

describe('versionVectorsByClient', () => {
  it('versionVectorsByClient is exact for clients that see their own writes', () => {
    expect(takeTurns(versionVectorsByClient(), 99)).toHaveLength(2);
    expect(farSite(versionVectorsByClient(), 100)).toHaveLength(2);
  });

  it('versionVectorsByClient grows with the clients', () => {
    const play = new Play(versionVectorsByClient(), 1);
    const bytes = [10, 100].map((clients) => {
      for (let client = 0; client < clients; client += 1) play.put(0, { client: `client-${clients}-${client}` });
      return play.at(0).census().metadataBytes;
    });
    // Eight bytes of id and one of counter for each that ever wrote.
    expect(bytes).toEqual([2 + 9 * 10, 2 + 9 * 110]);
    expect(play.live(0)).toHaveLength(1);
  });

  it('versionVectorsByClient takes a blind write of a client that wrote before for an old one', () => {
    const play = new Play(versionVectorsByClient(), 1);
    play.put(0, { client: 'one' });
    const second = play.put(0, { client: 'one' });
    expect(play.put(0, { ...BLIND, client: 'one' })).toBeDefined();
    expect(play.live(0)).toEqual([second]);
    const other = play.put(0, { ...BLIND, client: 'other' });
    expect(play.live(0)).toEqual([second, other]);
  });

  it('versionVectorsByClient keeps one of two writes that a client made at two replicas unseen', () => {
    const play = new Play(versionVectorsByClient(), 2);
    play.put(0, { client: 'one' });
    const second = play.put(1, { client: 'one' });
    play.exchange(0, 1);
    expect([play.live(0), play.live(1)]).toEqual([[second], [second]]);
  });

  it.each([
    [0, 1],
    [3, 1],
    [2, 2],
  ])('versionVectorsByClient pruned at %i shows after three writes upon one another %i', (pruneAt, siblings) => {
    const play = new Play(versionVectorsByClient({ pruneAt }), 2);
    const first = play.putEverywhere(0, { client: 'one' });
    for (const client of ['two', 'three']) {
      play.clocks[0] = (play.clocks[0] ?? 0) + 1;
      play.put(0, { client });
    }
    play.exchange(0, 1);
    expect(play.live(1)).toHaveLength(siblings);
    expect(play.live(1).includes(first ?? 0)).toBe(siblings > 1);
  });

  it('versionVectorsByClient keeps tombstones as siblings', () => {
    const play = new Play(versionVectorsByClient(), 2);
    play.putEverywhere(0);
    const deleted = play.delete(0);
    const value = play.put(1);
    play.exchange(0, 1);
    expect(play.show(1)).toEqual({ live: [value], deleted: [deleted], passedOver: [] });
  });
});
