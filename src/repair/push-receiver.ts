/**
 * Taking in what a peer tells of its own accord. A push is believed only as a whole: when this replica has seen all that
 * it builds on, all that it tells without records, and all that its sender has reaped. Then it is what the end of an
 * exchange is, records and clock in one commit. What comes too early waits, in order and within bounds; what waits too
 * long is asked for again; what cannot be followed is left to an exchange. docs/semantics.md, section 10, says why.
 */

import { DotSet } from '../clock/dot-set.ts';
import { VectorClock } from '../clock/vector-clock.ts';
import { CausalError } from '../errors.ts';
import { PUSH_HELD_BYTES_MAX } from '../limits.ts';
import { PUSHES_BUILD_ON_ONE_ANOTHER, PUSHES_RESPECT_THE_FENCE, PUSHES_WAIT } from '../rules.ts';
import { idOf } from '../store/membership.ts';
import type { ReplicaState } from '../store/replica-state.ts';
import { journalOf, report, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Clocks } from './messages.ts';
import { decodePush, type Push } from './push-message.ts';
import { type Admit, takeIn } from './take-in.ts';

/** What is to be answered. `lost`: the chain cannot be followed, exchange. `want`: send it again, with everything. */
export type PushAnswer =
  | { readonly kind: 'ack'; readonly number: number; readonly seen: DotSet; readonly records: number }
  | { readonly kind: 'want'; readonly number: number }
  | { readonly kind: 'lost'; readonly why: string };

export type PushReceiverOptions = {
  /** The full id of the peer. */
  readonly peerId: string;
  /** Judges what a push brings before it is taken in; throws to refuse it. */
  readonly admit?: Admit;
  /** Whether writes of this id are on their way here from elsewhere, so that waiting makes sense. */
  readonly isExpected: (id: string) => boolean;
  readonly answer: (answer: PushAnswer) => void;
  /** A push waits; call `expire` with its number after a while. */
  readonly onWait: (number: number) => void;
};

/** So often is asked for the same before it is left to an exchange. */
const WANTS_MAX = 3;

/** What became of a push; with the clocks its sender had, it was taken in. */
type Judged = Clocks | 'wait' | { readonly lost: string };

type Held = { readonly push: Push; readonly byteLength: number };

/** The receiving end of the chains of one peer, over one link. */
export class PushReceiver<T> {
  readonly #store: VersionedKVStore<T>;
  readonly #options: PushReceiverOptions;
  #held: Held[] = [];
  #heldBytes = 0;
  /** The newest push that came, whatever became of it. */
  #newest = 0;
  /** The newest push that was taken in, or the start of the chain; and what its sender had then. */
  #last = 0;
  #seen: DotSet = DotSet.empty;
  #reaped: VectorClock = VectorClock.empty;
  #isLost = true;
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** How often was asked since something was taken in. */
  #wants = 0;

  constructor(store: VersionedKVStore<T>, options: PushReceiverOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Whether pushes wait for what they build on. */
  get isWaiting(): boolean {
    return this.#held.length > 0;
  }

  /**
   * Takes a push, after those before it. When it throws, nothing of it was taken in, and nothing more is before a new chain
   * begins. Throws: ENCODING_INVALID, PROTOCOL_VIOLATION, IDENTITY_ALARM; what `admit` throws; what a write throws.
   */
  async take(bytes: Uint8Array): Promise<void> {
    const push = decodePush(bytes);
    return this.#inTurn(() => this.#receive({ push, byteLength: bytes.length }));
  }

  /** More has been seen here by other ways: what waits may go on. */
  retry(): Promise<void> {
    return this.#held.length === 0 ? Promise.resolve() : this.#inTurn(() => this.#drain());
  }

  /** Answers when nothing is being taken in any more. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** The push with this number has waited long enough. */
  expire(number: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held[0]?.push.number === number) this.#want(number);
    });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(run);
    this.#work = turn.catch(() => {
      this.#release();
      this.#isLost = true;
    });
    return turn;
  }

  async #receive(held: Held): Promise<void> {
    const { push } = held;
    const { base } = push;
    // The context of an old one would by now be a newer one's: it would drop what that brought.
    if (push.number <= this.#newest) throw violation('its number is not higher than the last');
    this.#newest = push.number;
    if (base !== undefined) {
      this.#release();
      this.#last = push.number - 1;
      this.#seen = base;
      this.#reaped = push.reaped ?? VectorClock.empty;
      this.#isLost = false;
    } else if (this.#isLost) {
      return;
    } else if (push.from <= this.#last) {
      // Sent again, in place of what waits here.
      this.#release();
    } else if (
      this.#held[this.#held.length - 1]?.push.number !== push.from &&
      stateOf(this.#store).holds(PUSHES_BUILD_ON_ONE_ANOTHER)
    ) {
      // What it builds on was asked for again, and is on its way; or the peer does not keep to the protocol.
      if (this.#waiting !== 0) return;
      throw violation('it builds on one that never came');
    }
    this.#held.push(held);
    this.#heldBytes += held.byteLength;
    await this.#drain();
    if (this.#heldBytes > PUSH_HELD_BYTES_MAX) this.#lose('too much waits here');
  }

  /** Takes in what can be, in order. */
  async #drain(): Promise<void> {
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const { push } = next;
      const outcome = await this.#takeIn(push);
      if (outcome === 'wait') {
        if (this.#waiting === push.number) return;
        this.#waiting = push.number;
        const missing = push.hidden.minus(this.#store.seen).ids();
        if (!missing.every(this.#options.isExpected)) this.#want(push.number);
        else this.#options.onWait(push.number);
        return;
      }
      if ('lost' in outcome) return this.#lose(outcome.lost);
      this.#last = push.number;
      this.#seen = outcome.seen;
      this.#reaped = outcome.reaped;
      this.#waiting = 0;
      this.#wants = 0;
      this.#held.shift();
      this.#heldBytes -= next.byteLength;
      this.#options.answer({ kind: 'ack', number: push.number, seen: this.#seen, records: push.records.length });
    }
  }

  async #takeIn(push: Push): Promise<Judged> {
    const journal = journalOf(this.#store);
    const step = (): Judged => this.#judge(push);
    if (journal === undefined) return step();
    return journal.exchange(
      push.records.map(({ key }) => key),
      step,
    );
  }

  /** Decides and takes in, in one step. */
  #judge(push: Push): Judged {
    const state = stateOf(this.#store);
    const { knowledge, damaged } = state;
    const { added, hidden, records } = push;
    const reaped = push.reaped ?? this.#reaped;
    const seen = this.#seen.union(added);
    if (damaged.size > 0) return { lost: 'records were lost here' };
    if (!knowledge.seen.covers(this.#seen) && state.holds(PUSHES_BUILD_ON_ONE_ANOTHER))
      return { lost: 'what it builds on is not all here' };
    if (knowledge.isAheadOfMe(seen)) return { lost: 'it names writes of this replica that it never made' };
    if (journalOf(this.#store) !== undefined && knowledge.isAheadOfMe(seen, knowledge.told))
      return { lost: 'it names writes of this replica that it never told' };
    if (!knowledge.seen.covers(hidden) && state.holds(PUSHES_WAIT)) return 'wait';
    if (!knowledge.seen.covers(reaped) && state.holds(PUSHES_RESPECT_THE_FENCE))
      return { lost: 'it reaped what was never seen here' };
    // Without what it builds on, a push may show versions that only that one added.
    if (state.holds(PUSHES_BUILD_ON_ONE_ANOTHER)) checkRecords(state, records, seen);
    this.#options.admit?.(seen, records);
    const adoption = {
      ...{ reaped, discards: DotSet.empty },
      ...{ toldSeen: knowledge.seen, takenBefore: DotSet.empty },
    };
    for (const { key, collisions } of takeIn(state, records, seen, adoption)) {
      if (collisions.length > 0) report(this.#store, { kind: 'collision', key, dots: collisions });
    }
    this.#advance(state, seen);
    return { seen, reaped };
  }

  /** Not if the name has another incarnation by now: what a former one had, whose push comes late, says nothing of it. */
  #advance({ membership }: ReplicaState, seen: DotSet): void {
    const { peerId } = this.#options;
    if ((idOf(membership, peerId) ?? peerId) === peerId) membership.advance(peerId, seen);
  }

  #want(number: number): void {
    this.#wants += 1;
    if (this.#wants > WANTS_MAX) {
      this.#lose('it was asked for in vain');
      return;
    }
    this.#release();
    this.#waiting = number;
    this.#options.answer({ kind: 'want', number });
  }

  #lose(why: string): void {
    this.#release();
    this.#wants = 0;
    this.#isLost = true;
    this.#options.answer({ kind: 'lost', why });
  }

  #release(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#waiting = 0;
  }
}

function checkRecords(state: ReplicaState, records: Push['records'], seen: DotSet): void {
  for (const { residual, versions } of records) {
    if (!residual.isEmpty) state.refuseForgedDots(residual);
    for (const { id, counter } of versions) {
      if (!seen.has(id, counter)) throw violation('a version is beyond the clock of its sender');
    }
  }
}

function violation(why: string): CausalError {
  return new CausalError('PROTOCOL_VIOLATION', `Cannot take in the push: ${why}`);
}
