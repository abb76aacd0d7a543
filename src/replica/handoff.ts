/**
 * Hinted handoff: what a member missed while it was away is handed to it as soon as it is back, key by key, before an
 * exchange would have come to it. A hint names a key; what is handed over is the record as it is then.
 */

import type { Dot } from '../clock/dot.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError, type ErrorCode } from '../errors.ts';
import type { Hint } from '../repair/hints.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { HintStore } from './hint-store.ts';
import type { ConnectedPeer, Peers } from './peers.ts';
import type { Roster } from './roster.ts';

/** How many records are under way to one peer at once. */
const AT_ONCE = 4;
/** After these a peer is asked again when it is back, or has room. */
const TRY_AGAIN: readonly ErrorCode[] = ['LINK_FAILED', 'OVERLOADED', 'STORAGE_FAILED', 'STORAGE_FULL'];

export type HandoffParts<T> = {
  readonly store: VersionedKVStore<T>;
  readonly peers: Peers;
  readonly roster: Roster<T>;
  readonly hints: HintStore;
  readonly env: TimedEnv;
};

type Delivery = { readonly peer: ConnectedPeer; readonly over: Promise<void> };

/** Keeps hints for absent members and delivers them. */
export class Handoff<T> {
  readonly #parts: HandoffParts<T>;
  readonly #delivering: Map<string, Delivery> = new Map<string, Delivery>();
  readonly #keeping: Set<Promise<boolean>> = new Set<Promise<boolean>>();

  constructor(parts: HandoffParts<T>) {
    this.#parts = parts;
  }

  /** Hints held now. */
  get size(): number {
    return this.#parts.hints.size;
  }

  /** Notes that `targets` have not got these writes; whether the notes are durable. Never throws: a hint may be lost. */
  keep(targets: readonly string[], writes: readonly { readonly key: string; readonly dot: Dot }[]): Promise<boolean> {
    const keptAt = this.#parts.env.now();
    const hints = targets.flatMap((target) => writes.map(({ key, dot }): Hint => ({ target, key, dot, keptAt })));
    const kept = this.#parts.hints.keep(hints).then(
      () => true,
      () => false,
    );
    this.#keeping.add(kept);
    void kept.then(() => {
      this.#keeping.delete(kept);
      // Who came back while the note was being made may have been given everything but this.
      for (const peer of this.#parts.peers.connected()) if (targets.includes(peer.name)) void this.deliver(peer);
    });
    return kept;
  }

  /** Hands a peer that is back what it is owed. One at a time for each peer; never throws. */
  deliver(peer: ConnectedPeer): Promise<void> {
    const running = this.#delivering.get(peer.name);
    if (running?.peer === peer) return running.over;
    this.sweep();
    // What still runs over an older link to it ends first, and may end in vain.
    const over = (running?.over ?? Promise.resolve())
      .then(() => this.#deliverAll(peer))
      .catch(() => undefined)
      .finally(() => {
        if (this.#delivering.get(peer.name)?.over === over) this.#delivering.delete(peer.name);
      });
    this.#delivering.set(peer.name, { peer, over });
    return over;
  }

  /** Drops hints that are too old, and those for replicas that are no members any more. */
  sweep(): void {
    const { hints, roster, env } = this.#parts;
    const owed = new Set(roster.names);
    hints.sweep(env.now(), (target) => owed.has(target));
  }

  /** Answers when nothing is being kept or delivered. */
  async idle(): Promise<void> {
    await Promise.all([...this.#keeping, ...[...this.#delivering.values()].map(({ over }) => over)]);
  }

  async #deliverAll(peer: ConnectedPeer): Promise<void> {
    const { hints, roster } = this.#parts;
    if (!roster.has(peer)) return;
    const tried = new Set<Hint>();
    let owed: Hint[] = [];
    let isOver = false;
    const next = (): Hint | undefined => {
      // What was kept meanwhile is delivered too.
      if (owed.length === 0) owed = hints.of(peer.name).filter((hint) => !tried.has(hint));
      const hint = owed.shift();
      if (hint !== undefined) tried.add(hint);
      return hint;
    };
    const deliverNext = async (): Promise<void> => {
      for (let hint = next(); hint !== undefined && !isOver; hint = next()) {
        if (!this.#isThere(peer) || !(await this.#hand(peer, hint))) isOver = true;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, deliverNext));
  }

  /** Whether to go on. */
  async #hand(peer: ConnectedPeer, hint: Hint): Promise<boolean> {
    const { store, hints } = this.#parts;
    if (peer.has(hint.dot)) {
      hints.end(hint, 'dropped'); // it got it in another way
      return true;
    }
    try {
      await peer.give(await store.record(hint.key));
      hints.end(hint, 'delivered');
      return true;
    } catch (error) {
      if (!(error instanceof CausalError)) throw error;
      if (TRY_AGAIN.includes(error.code)) return false;
      // What is refused, or lost here, is left to the exchange.
      hints.end(hint, 'dropped');
      return true;
    }
  }

  #isThere(peer: ConnectedPeer): boolean {
    return this.#parts.peers.connected().some(({ id }) => id === peer.id);
  }
}
