/**
 * The history on the three: through their HTTP interfaces, with the last one cut off for half of it; then healed, compared
 * with one another and with git, and watched until every tombstone is reaped.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { CairnClient } from '../../client/client.ts';
import { CausalError } from '../../errors.ts';
import {
  type ClusterReplayResult,
  digestOfHead,
  type ReplicaClient,
  replayOnCluster,
} from '../../lab/history/cluster-replay.ts';
import type { History } from '../../lab/history/git-history.ts';
import { CommandError } from '../command.ts';
import type { TrioReplica } from './trio.ts';

/** What came of it. */
export type TrioReplay = ClusterReplayResult & {
  readonly tookMs: number;
  /** Commits made while the last replica was cut off. */
  readonly commitsWhileCut: number;
  /** How many writes each side lacked when the cut ended. */
  readonly apart: number;
  /** How long it took from the healing until all three showed the same. */
  readonly healedMs: number;
  /** What all three show. */
  readonly live: number;
  readonly headDigest: string;
  readonly reaped: number;
  readonly tombstonesLeft: number;
};

/** How long replicas may take to become equal, and to reap. */
const EQUAL_WITHIN_MS = 60_000;
const REAPED_WITHIN_MS = 60_000;

/** Throws: CommandError when the three do not come to show the same, and that the head. */
export async function replayOnTrio(
  history: History,
  replicas: readonly TrioReplica[],
  onProgress: (done: number, total: number, isCut: boolean) => void,
): Promise<TrioReplay> {
  const [cutFrom, cutUntil] = [Math.floor(history.length / 4), Math.floor((history.length * 3) / 4)];
  const cut = replicas.at(-1);
  if (cut === undefined) throw new CommandError('Cannot replay: there are no replicas');
  const others = replicas.filter((replica) => replica !== cut);
  const link = (what: 'cut' | 'heal'): Promise<unknown> =>
    Promise.all(others.map(({ name }) => cut.remote.link(name, what)));
  let isCut = false;
  let apart = 0;
  let healedAt = 0;
  const startedAt = performance.now();
  const result = await replayOnCluster(history, {
    replicas: replicas.map(clientOf),
    isCut: (one, other) => isCut && (one === cut.name) !== (other === cut.name),
    before: async (at) => {
      if (at === cutFrom) {
        await link('cut');
        isCut = true;
      } else if (at === cutUntil) {
        apart = await lagOf(cut);
        healedAt = performance.now();
        await link('heal');
        isCut = false;
        await equalShows(replicas);
        healedAt = performance.now() - healedAt;
      }
      onProgress(at, history.length, isCut);
    },
  });
  const shows = await equalShows(replicas);
  const live = [...shows].flatMap(([key, shown]) => (shown.blob === undefined ? [] : [[key, shown.blob] as const]));
  const headDigest = await digestOfHead(live);
  if (result.tips === 1 && headDigest !== (await digestOfHead(result.head)))
    throw new CommandError('Cannot vouch for the replicas: what they show is not the head of the history');
  const { reaped, left } = await reapedOn(replicas);
  return {
    ...{ ...result, commitsWhileCut: cutUntil - cutFrom, apart, healedMs: healedAt },
    ...{ live: live.length, headDigest, reaped, tombstonesLeft: left },
    tookMs: performance.now() - startedAt,
  };
}

/**
 * No session goes from call to call: one that had written on contexts from beyond the cut would have to wait for what they
 * name. What a commit knows is in its contexts; a read brings a session of its own.
 */
function clientOf({ name, url }: TrioReplica): ReplicaClient {
  return {
    name,
    batch: (operations) => new CairnClient<string>({ urls: url }).batch(operations),
    siblings: async (key, session, waitMs) => {
      try {
        const reader = new CairnClient<string>({ urls: url, session, retries: 0, timeoutMs: waitMs + 10_000 });
        const answer = await reader.get(key, { waitMs });
        return answer.status === 'conflict' ? answer.siblings.map(({ dot }) => dot) : [];
      } catch (error) {
        if (error instanceof CausalError && error.code === 'BEHIND') return undefined;
        throw error;
      }
    },
  };
}

/** Writes seen here that peers are not known to have. */
async function lagOf({ remote }: TrioReplica): Promise<number> {
  return Math.max(0, ...(await remote.status()).peers.map(({ lag }) => lag));
}

type Show = { readonly blob: string | undefined; readonly text: string };

/** What all replicas show, key by key, once it is the same. Throws: CommandError when it does not become so. */
async function equalShows(replicas: readonly TrioReplica[]): Promise<ReadonlyMap<string, Show>> {
  const end = performance.now() + EQUAL_WITHIN_MS;
  for (;;) {
    const [first = new Map<string, Show>(), ...others] = await Promise.all(replicas.map(showsOf));
    if (others.every((other) => isSame(first, other))) return first;
    if (performance.now() > end)
      throw new CommandError(
        `Cannot vouch for the replicas: they differ ${EQUAL_WITHIN_MS / 1_000} s after the healing`,
      );
    await sleep(100);
  }
}

/** Values, siblings and the dots behind them: the tag names those. */
async function showsOf({ url }: TrioReplica): Promise<ReadonlyMap<string, Show>> {
  const shows = new Map<string, Show>();
  for await (const entry of new CairnClient<string>({ urls: url }).list({ pageSize: 1_000 })) {
    const { key, status } = entry;
    const tag = 'etag' in entry ? entry.etag : undefined;
    shows.set(key, { blob: entry.status === 'live' ? entry.value : undefined, text: `${status} ${tag}` });
  }
  return shows;
}

function isSame(one: ReadonlyMap<string, Show>, other: ReadonlyMap<string, Show>): boolean {
  return one.size === other.size && [...one].every(([key, { text }]) => other.get(key)?.text === text);
}

async function reapedOn(replicas: readonly TrioReplica[]): Promise<{ readonly reaped: number; readonly left: number }> {
  const end = performance.now() + REAPED_WITHIN_MS;
  for (;;) {
    const all = await Promise.all(replicas.map(({ remote }) => remote.status()));
    const left = Math.max(...all.map(({ tombstones }) => tombstones.waiting));
    if (left === 0 || performance.now() > end)
      return { reaped: Math.min(...all.map(({ stats }) => stats.reaped)), left };
    await sleep(200);
  }
}
