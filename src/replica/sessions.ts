/**
 * Sessions over several replicas: before a call with a token is served, this replica must have seen what the session
 * has. It asks its peers for that, one after the other, for as long as the caller is willing to wait. Law: L15.
 */

import { DotSet } from '../clock/dot-set.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Bell } from './bell.ts';
import type { GroupCounts } from './group-counts.ts';
import type { ConnectedPeer, Peers } from './peers.ts';
import { checkMs } from './quorum.ts';
import { seenInSession } from './session-memory.ts';

const WAIT_MS = 2_000;
/** How often is looked whether what was waited for came by itself. */
const LOOK_EVERY_MS = 20;
/** When every peer was asked in vain they are asked again after this. */
const ASK_AGAIN_MS = 200;

export type SessionParts<T> = {
  readonly store: VersionedKVStore<T>;
  readonly peers: Peers;
  readonly bell: Bell;
  readonly env: TimedEnv;
  readonly counts: GroupCounts;
};

/** Catching up with tokens, and giving them out. */
export class Sessions<T> {
  readonly #parts: SessionParts<T>;

  constructor(parts: SessionParts<T>) {
    this.#parts = parts;
  }

  /** Waits up to `waitMs` until this replica has seen what the session has. Throws: BEHIND, CONTEXT_INVALID, RangeError. */
  async catchUp(token: string, waitMs: number = WAIT_MS): Promise<void> {
    checkMs(waitMs, 'waitMs');
    const wanted = seenInSession(token);
    const { store, bell, env, counts } = this.#parts;
    const isThere = (): boolean => store.seen.covers(wanted);
    const until = env.elapsed() + waitMs;
    const asked = new Set<string>();
    while (!isThere()) {
      const leftMs = until - env.elapsed();
      if (leftMs <= 0 || bell.isClosed || store.isClosed) {
        counts.sessionsBehind += 1;
        throw behind(store.id, wanted.minus(store.seen), waitMs);
      }
      const peer = this.#mostPromising(wanted.minus(store.seen), asked);
      if (peer === undefined) {
        const isNewThere = (): boolean => this.#mostPromising(DotSet.empty, asked) !== undefined;
        await bell.until(() => isThere() || isNewThere(), Math.min(leftMs, ASK_AGAIN_MS), LOOK_EVERY_MS);
        if (!isNewThere()) asked.clear();
        continue;
      }
      asked.add(peer.id);
      let isOver = false;
      const end = (): void => {
        isOver = true;
        bell.ring();
      };
      peer.exchange().then(end, end);
      await bell.until(() => isThere() || isOver, leftMs, LOOK_EVERY_MS);
    }
  }

  /** Of the peers not asked yet the one that is known to have, or to have written, most of what is missing. */
  #mostPromising(missing: DotSet, asked: ReadonlySet<string>): ConnectedPeer | undefined {
    let best: ConnectedPeer | undefined;
    let bestScore = -1;
    for (const peer of this.#parts.peers.connected()) {
      if (asked.has(peer.id)) continue;
      let score = 0;
      for (const [id, , counter] of missing.ranges()) if (id === peer.id || peer.has({ id, counter })) score += 1;
      if (score > bestScore) [best, bestScore] = [peer, score];
    }
    return best;
  }
}

function behind(id: string, missing: DotSet, waitMs: number): CausalError {
  const sentence = `Cannot serve the session: "${id}" is behind it and did not catch up within ${waitMs} ms, try again or elsewhere`;
  return new CausalError('BEHIND', sentence, { id, missing: missing.size, from: missing.ids(), waitMs });
}
