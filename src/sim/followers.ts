/**
 * Followers of a run: at each replica somebody who keeps, outside of it, what is shown, by its feed of changes, and goes on
 * after each restart with the token that was told last. In the end each must have what its replica shows.
 */

import { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import { ChangeFeed } from '../store/change-feed.ts';
import { decodePlace, encodeToken } from '../store/context-token.ts';
import { isInternalKey } from '../store/key.ts';
import { journalOf, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Violation } from './operation-book.ts';
import type { SimProcess } from './process.ts';
import { isLoaded, liveDotsIn, NOTHING } from './taken-in.ts';

type Follower = {
  /** What each key showed when it was told. */
  readonly shown: Map<string, string>;
  token: string | undefined;
  /** The store whose feed is being read. */
  reads: VersionedKVStore<string> | undefined;
};

/** More is read the next time: a feed that told the same for ever would let nothing else happen. */
const AT_ONCE_MAX = 1_000;

/** The followers of one run. */
export class Followers {
  readonly #followers = new Map<string, Follower>();
  readonly #onViolation: (violation: Violation) => void;

  constructor(onViolation: (violation: Violation) => void) {
    this.#onViolation = onViolation;
  }

  /** Everybody reads what is new, unless that would bring records into memory that nobody has asked for. */
  readAll(processes: readonly SimProcess[]): void {
    for (const process of processes) {
      const { name, store } = process;
      if (store === undefined || store.isClosed || !isLoaded(store)) continue;
      const follower = this.#of(name);
      if (follower.reads === store) continue;
      follower.reads = store;
      void this.#read(process, store, follower).finally(() => {
        if (follower.reads === store) follower.reads = undefined;
      });
    }
  }

  /** What a follower has is what its replica shows. */
  check(processes: readonly SimProcess[], keys: readonly string[]): void {
    for (const { name, store } of processes) {
      if (store === undefined) continue;
      for (const key of keys) {
        const shown = liveDotsIn(store, key);
        const told = this.#of(name).shown.get(key) ?? NOTHING;
        if (shown === told) continue;
        const what = `${name} shows ${shown} of ${JSON.stringify(key)}, and told who follows its changes ${told}`;
        this.#onViolation({ law: 'changes', what, key });
        return;
      }
    }
  }

  async #read(process: SimProcess, store: VersionedKVStore<string>, follower: Follower): Promise<void> {
    let left = AT_ONCE_MAX;
    try {
      for await (const change of changesOf(store, follower.token)) {
        left -= 1;
        if (process.store !== store || left < 0) return;
        if (change.kind === 'rebase') follower.shown.clear();
        else follower.shown.set(change.key, liveDotsIn(store, change.key));
        follower.token = change.token;
      }
    } catch (cause) {
      // It goes on where it was, the next time.
      if (cause instanceof CausalError) return;
      this.#onViolation({ law: 'L21', what: `the changes of ${process.name} failed with no code: ${cause}` });
    }
  }

  #of(name: string): Follower {
    let follower = this.#followers.get(name);
    if (follower === undefined) {
      follower = { shown: new Map(), token: undefined, reads: undefined };
      this.#followers.set(name, follower);
    }
    return follower;
  }
}

/** As `changes` of the store gives them; which loads the feed when it is first asked for one, and that takes real time. */
function changesOf(store: VersionedKVStore<string>, after: string | undefined): ChangeFeed {
  const state = stateOf(store);
  const [seen, mends] = after === undefined ? [DotSet.empty, state.mends] : decodePlace(after);
  return new ChangeFeed(state, seen, {
    ...{ isLive: false, mends, journal: journalOf(store) },
    ...{ encodeToken, isInternalKey, Failure: CausalError },
  });
}
