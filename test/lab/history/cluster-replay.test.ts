import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestOfHead, type ReplicaClient, replayOnCluster } from '../../../src/lab/history/cluster-replay.ts';
import { readHistory } from '../../../src/lab/history/git-history.ts';
import { parseExpected } from '../../../src/lab/history/replay-result.ts';
import { exchange } from '../../../src/repair/exchange-local.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../../src/store/versioned-kv-store.ts';

const file = (name: string): string => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');

describe('replayOnCluster', () => {
  it('replayOnCluster meets the conflicts of the replay in one process, one replica being cut off for half of it', async () => {
    const history = await readHistory(file('git-history-immer.jsonl').split('\n'), 'immer');
    const expected = parseExpected(file('git-history-immer.expected.json'));
    const names = ['a', 'b', 'c'];
    const stores = await Promise.all(names.map((name) => openStore<string>({ name, members: names })));
    let isCut = false;
    const isApart = (one: string, other: string): boolean => isCut && (one === 'c') !== (other === 'c');
    const meet = async (): Promise<void> => {
      for (const one of stores)
        for (const other of stores)
          if (one.name < other.name && !isApart(one.name, other.name)) await exchange(one, other);
    };
    const result = await replayOnCluster(history, {
      replicas: stores.map((store) => clientOf(store, meet)),
      isCut: isApart,
      before: async (at) => {
        isCut = at >= history.length / 4 && at < (history.length * 3) / 4;
        if (at % 10 === 0) await meet();
      },
    });
    await meet();
    await meet();
    const { commits, merges, events, conflicts, shown, settled, hidden, head } = result;
    expect({ commits, merges, events, conflicts }).toEqual({
      commits: expected['commits'],
      merges: expected['merges'],
      events: expected['events'],
      conflicts: expected['conflicts'],
    });
    expect(shown + settled + hidden).toBe(185);
    expect(Math.min(shown, hidden)).toBeGreaterThan(50);
    expect(await digestOfHead(head)).toBe(expected['headDigest']);
    for (const store of stores) {
      const live: [string, string][] = [];
      for (const [key, answer] of store.entries())
        live.push([key, answer.status === 'live' ? answer.value : 'conflict']);
      expect([store.name, await digestOfHead(live)]).toEqual([store.name, expected['headDigest']]);
    }
  });
});

/** A replica without a network: who reads for a session waits for one meeting of all. */
function clientOf(store: VersionedKVStore<string>, meet: () => Promise<void>): ReplicaClient {
  return {
    name: store.name,
    batch: (operations) => store.batch(operations),
    siblings: async (key, session) => {
      await meet();
      const answer = await store
        .session(session)
        .get(key)
        .catch(() => undefined);
      return answer?.siblings.length === 1 ? [] : answer?.siblings.map(({ dot }) => dot);
    },
  };
}
