/**
 * One side of an exchange at a store: carries out what the machine asks for and hands it the answers. A transport, or a
 * test that cuts an exchange off, moves the frames. Frames of a durable store leave when what they rest on is durable.
 */

import { unreachable } from '../assert.ts';
import { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import { rulesOf } from '../rules.ts';
import type { Journal } from '../store/journal.ts';
import { idOf, type Met, seenBy } from '../store/membership.ts';
import { isTombstone } from '../store/record.ts';
import type { ReplicaState } from '../store/replica-state.ts';
import { journalOf, report, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { ExchangeEffect, ExchangeInput, ExchangeMode, ExchangeOptions } from './effects.ts';
import { Exchange } from './exchange.ts';
import { claimsTooMuch } from './meeting.ts';

import { dotsIn, metBy } from './shown.ts';
import { type Admit, type ExchangeRecord, isAnotherOfMine, mend, recordsFor, takeIn } from './take-in.ts';

export type SideOptions = Omit<ExchangeOptions, 'rules'> & {
  /** The id or name of the replica on the other side, where it is known before the first message. */
  readonly peer?: string;
  /** Judges what the peer shows before it is taken in. */
  readonly admit?: Admit;
  /**
   * Whether the peer may tell that the id of this store is in use twice, so that it goes on under another and issues its
   * writes anew. Not one that may speak of no writes but its own. Default: true.
   */
  readonly mayAlarm?: boolean;
};

/** Told which keys were taken in, as the exchange goes on; `isAdopted` when with them the peer's clock was. */
export type TakenIn = { readonly keys: readonly string[]; readonly isAdopted: boolean };

/** One side at a store: `start`, then `receive` each frame, sending what they give. */
export class ExchangeSide<T> {
  readonly #store: VersionedKVStore<T>;
  readonly #state: ReplicaState;
  readonly #machine: Exchange;
  readonly #peer: string | undefined;
  readonly #admit: Admit | undefined;
  readonly #mayAlarm: boolean;
  readonly #journal: Journal | undefined;
  readonly takenIn: TakenIn[] = [];
  #toldSeen: DotSet = DotSet.empty;
  #toldDamage = false;
  #toldId = '';
  /** The id under which the peer was known when the exchange began. */
  #metAs: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #failure: CausalError | undefined;
  #hasMet = false;
  /** The id that the peer said it has. */
  #metId: string | undefined;
  #isBroken = false;

  constructor(store: VersionedKVStore<T>, options: SideOptions) {
    this.#store = store;
    this.#state = stateOf(store);
    this.#peer = options.peer;
    this.#admit = options.admit;
    this.#mayAlarm = options.mayAlarm ?? true;
    this.#journal = journalOf(store);
    this.#machine = new Exchange({ ...options, rules: rulesOf(this.#state.broken) });
  }

  get mode(): ExchangeMode {
    return this.#machine.mode;
  }

  get recordsSent(): number {
    return this.#machine.recordsSent;
  }

  /** Why the exchange is over although it did not end well; its last frames still go out. */
  get failure(): CausalError | undefined {
    return this.#failure;
  }

  get isDone(): boolean {
    return this.#machine.isDone;
  }

  /** Whether the peer has said how it met this replica before, and it fits what is known here. */
  get hasMet(): boolean {
    return this.#hasMet && !this.#isBroken;
  }

  /** Whether everything the peer had to show has been taken in. */
  get hasAdopted(): boolean {
    return this.#machine.hasAdopted;
  }

  /** The first frames; none for a responder that knows of no news. Call it once, before `take`. */
  async begin(): Promise<Iterable<Uint8Array>> {
    const journal = this.#journal;
    if (journal === undefined) return this.start();
    return this.#inTurn(async () => {
      await journal.summed();
      return this.#runDurably(journal, this.#view());
    });
  }

  /**
   * Takes a frame and gives the frames to send, one call after another. Throws: what the machine throws, IDENTITY_ALARM,
   * STORE_CLOSED; of a durable store STORAGE_FAILED and others, EXCHANGE_FAILED when it began a new incarnation.
   */
  async take(frame: Uint8Array): Promise<Iterable<Uint8Array>> {
    const input: ExchangeInput = { kind: 'frame', bytes: frame };
    const journal = this.#journal;
    return journal === undefined ? this.#run(input) : this.#inTurn(() => this.#runDurably(journal, input));
  }

  /** As `begin`, at once. Throws: TypeError for a durable store, whose frames must wait. */
  start(): Iterable<Uint8Array> {
    this.#refuseAtOnce();
    return this.#run(this.#view());
  }

  /** As `take`, at once. Throws: TypeError for a durable store, whose frames must wait. */
  receive(frame: Uint8Array): Iterable<Uint8Array> {
    this.#refuseAtOnce();
    return this.#run({ kind: 'frame', bytes: frame });
  }

  #refuseAtOnce(): void {
    if (this.#journal !== undefined)
      throw new TypeError('Cannot exchange at once: the store is durable, use begin and take');
  }

  /** Frames are taken one after another, in the order they were handed over. */
  #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #view(): ExchangeInput {
    const { knowledge, membership, table, id, damaged, life } = this.#state;
    this.#state.stripResiduals();
    const { seen, reaped } = knowledge;
    const peerKnew = this.#peer === undefined ? undefined : seenBy(membership, this.#peer);
    const isDamaged = claimsTooMuch(damaged);
    this.#toldSeen = seen;
    this.#toldId = id;
    this.#toldDamage = isDamaged;
    const peerId = this.#peer === undefined ? undefined : idOf(membership, this.#peer);
    const met = metBy(membership);
    this.#metAs = peerId;
    this.#journal?.noteLife();
    return {
      kind: 'start',
      view: { id, seen, reaped, liveHash: table.liveHash, marks: table.marks, peerKnew, isDamaged, life, met, peerId },
    };
  }

  #enter(): void {
    stateOf(this.#store);
    if (this.#isBroken)
      throw new CausalError('PROTOCOL_VIOLATION', 'Cannot go on with the exchange: it ended with an error');
    this.#isBroken = true;
  }

  async #runDurably(journal: Journal, input: ExchangeInput): Promise<Iterable<Uint8Array>> {
    this.#enter();
    const undone = journal.undone();
    const batches: Iterable<Uint8Array>[] = [];
    const inputs: ExchangeInput[] = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const effect of await this.#stepDurably(journal, next)) {
        if (effect.kind === 'send') {
          batches.push(effect.frames);
        } else {
          if (NEEDS_RECORDS.includes(effect.kind)) await journal.exchange('all', () => undefined);
          if (effect.kind === 'met' && this.#mayAlarm) await this.#refuseIfLived(journal, effect);
          if (!this.#mayAlarm && 'peerSeen' in effect) this.#admit?.(effect.peerSeen, []);
          const isToBeBelieved = effect.kind === 'read' || (effect.kind === 'take-in' && effect.adoption !== undefined);
          if (isToBeBelieved) await this.#refuseIfBehind(journal, effect.peerSeen);
          // Who has seen the same, too.
          if (effect.kind === 'advance' && this.#machine.mode === 'equal')
            await this.#refuseIfBehind(journal, effect.seen);
          if (effect.kind === 'take-in' || effect.kind === 'mend') await this.#refuseIfNamed(journal, effect.records);
          if (effect.kind === 'mend') await this.#refuseIfAnother(journal, effect.records, effect.seen);
          this.#carryOut(effect, inputs);
        }
      }
    }
    await journal.write([], () => undefined);
    // The barrier passes too once it found out that a commit did not happen: the frames tell of what is not there. Law: L2.
    if (undone !== journal.undone()) throw renewed();
    this.#isBroken = false;
    return chain(batches);
  }

  /** A peer with the very same id is another copy of this store: one of the two goes on under another. Law: L23. */
  async #stepDurably(journal: Journal, input: ExchangeInput): Promise<ExchangeEffect[]> {
    try {
      return this.#machine.step(input);
    } catch (error) {
      if (!(error instanceof CausalError && error.code === 'IDENTITY_ALARM')) throw error;
      await journal.renew('a copy of this store is in use under the same id', this.#toldId);
      throw renewed();
    }
  }

  /**
   * A peer has met this id in a life that this store never had: another copy of it lives. Or in one that issued more than
   * this store knows of: it goes on from an older copy, and what it issued since has the dots of what came after. Law: L23.
   */
  async #refuseIfLived(journal: Journal, { life, counter }: Met): Promise<void> {
    const end = journal.endOf(life);
    if (!journal.hasLived(life))
      await journal.renew('another copy of this store is in use under the same id', this.#toldId, this.#inCommon());
    else if (counter > end)
      await journal.renew('it goes on from an older copy, after which more was written', this.#toldId, end);
    else return;
    throw renewed();
  }

  /**
   * Up to which counter the peer is known here to have this replica's own dots as they are here: it said so, and whoever
   * else has used the id since did so after that. Undefined where nothing is known of the peer.
   */
  #inCommon(): number | undefined {
    const { membership } = this.#state;
    const known = this.#metId === undefined ? undefined : seenBy(membership, this.#metId);
    return known === undefined || known.isEmpty ? undefined : known.vector.get(this.#toldId);
  }

  /** Ends an exchange whose hello is not true any more, because more or less is known of this replica than it said. */
  async #refuseIfBehind(journal: Journal, peerSeen: DotSet): Promise<void> {
    const { knowledge, damaged } = this.#state;
    const hasLost = !knowledge.seen.covers(this.#toldSeen) || (claimsTooMuch(damaged) && !this.#toldDamage);
    // A peer that has seen more of this id than it ever issued or told here has met another life of it. Law: L1.
    if (knowledge.isAheadOfMe(peerSeen) || (this.#mayAlarm && knowledge.isAheadOfMe(peerSeen, knowledge.told)))
      await journal.renew('a peer has seen more of it than is known here', this.#toldId, this.#inCommon());
    else if (!hasLost) return;
    throw renewed();
  }

  /** A residual may name more of this id than any clock: what the peer was told by somebody else. Law: L1. */
  async #refuseIfNamed(journal: Journal, records: readonly ExchangeRecord[]): Promise<void> {
    const { knowledge } = this.#state;
    if (!this.#mayAlarm || !records.some(({ residual }) => knowledge.isAheadOfMe(residual))) return;
    await journal.renew('a peer has heard of more of it than is known here', this.#toldId, this.#inCommon());
    throw renewed();
  }

  /**
   * Another write under a dot of this id: what it issued from there on was issued twice. Nothing needs to be issued anew,
   * since whatever differs is mended after it; but no more of it may follow. Law: L1, L23.
   */
  async #refuseIfAnother(journal: Journal, records: readonly ExchangeRecord[], seen: DotSet): Promise<void> {
    const state = this.#state;
    if (!this.#mayAlarm || !state.knowledge.seen.equals(seen)) return;
    if (!records.some((record) => isAnotherOfMine(state, record))) return;
    await journal.renew('a peer has another write under a dot of it', this.#toldId, 'nothing');
    throw renewed();
  }

  #run(input: ExchangeInput): Iterable<Uint8Array> {
    this.#enter();
    const batches: Iterable<Uint8Array>[] = [];
    const inputs: ExchangeInput[] = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const effect of this.#machine.step(next)) {
        if (effect.kind === 'send') batches.push(effect.frames);
        else this.#carryOut(effect, inputs);
      }
    }
    this.#isBroken = false;
    return chain(batches);
  }

  #carryOut(effect: Exclude<ExchangeEffect, { kind: 'send' }>, answers: ExchangeInput[]): void {
    const state = this.#state;
    const { seen, reaped } = state.knowledge;
    switch (effect.kind) {
      case 'read': {
        state.refuseForgedDots(effect.peerSeen);
        this.#admit?.(effect.peerSeen, []);
        state.knowledge.noteTold();
        this.#hasMet = true;
        const { common } = effect;
        const records = effect.givesRecords ? recordsFor(state, seen.minus(effect.peerSeen), effect.peerSeen) : [];
        const dots = common === undefined ? undefined : dotsIn(state, common, effect.isMarked);
        answers.push({ kind: 'snapshot', snapshot: { seen, reaped, records, dots } });
        return;
      }
      case 'read-lost': {
        const held = recordsFor(state, effect.dots, seen);
        const records = held.filter(({ versions, residual }) => !residual.isEmpty || !versions.every(isTombstone));
        answers.push({ kind: 'snapshot', snapshot: { seen, reaped, records, dots: undefined } });
        return;
      }
      case 'take-in': {
        state.refuseForgedDots(effect.peerSeen);
        this.#admit?.(effect.peerSeen, effect.records);
        for (const record of effect.records) if (!record.residual.isEmpty) state.refuseForgedDots(record.residual);
        for (const { key, collisions } of takeIn(state, effect.records, effect.peerSeen, effect.adoption)) {
          if (collisions.length > 0) report(this.#store, { kind: 'collision', key, dots: collisions });
        }
        this.takenIn.push({ keys: effect.records.map(({ key }) => key), isAdopted: effect.adoption !== undefined });
        if (effect.adoption !== undefined) answers.push({ kind: 'adopted', seen: state.knowledge.seen });
        return;
      }
      case 'mend': {
        for (const record of effect.records) state.refuseForgedDots(record.residual);
        this.#admit?.(effect.seen, effect.records, true);
        if (effect.isWhole && state.knowledge.seen.equals(effect.seen)) this.#journal?.endUnknownDamage();
        const { lost, collided } = mend(state, effect.records, effect.seen);
        if (lost.length > 0) report(this.#store, { kind: 'damage', dots: lost });
        for (const [key, dots] of collided) report(this.#store, { kind: 'collision', key, dots });
        return;
      }
      case 'advance': {
        this.#metId = effect.peer;
        if (!effect.seen.isEmpty || this.#machine.mode === 'equal') this.#hasMet = true;
        // A frame that comes late says nothing of the incarnation under which the peer was met meanwhile.
        const metAs = idOf(state.membership, effect.peer);
        const saysMore = !effect.seen.isEmpty || effect.life !== 0;
        const isLate = metAs !== effect.peer && metAs !== this.#metAs && saysMore;
        if (!isLate) state.membership.advance(effect.peer, effect.seen, effect.life);
        return;
      }
      case 'greeted':
        state.membership.greet(effect.peer, effect.life);
        return;
      case 'met':
        return;
      case 'fail':
        this.#failure = effect.error;
        return;
      case 'done': {
        const { asked } = this.#machine;
        if (asked !== undefined) this.#journal?.noteAsked(asked.id, asked.seen);
        if (asked?.isDamaged === false && this.#machine.hasAdopted) this.#journal?.endUnknownDamage();
        return;
      }
      default:
        unreachable(effect);
    }
  }
}

function renewed(): CausalError {
  return new CausalError(
    'EXCHANGE_FAILED',
    'Cannot finish the exchange: this replica found that it was not what it said, exchange again',
    { isRenewed: true },
  );
}

/**
 * Also to believe that both hold the same: that the stored records are still all that was written shows only once they are
 * read and summed up, and what a disk has lost would be spread as a delete by the first who asks for it. Law: L20.
 */
const NEEDS_RECORDS: readonly ExchangeEffect['kind'][] = ['read', 'read-lost', 'take-in', 'mend', 'advance'];

function* chain(batches: readonly Iterable<Uint8Array>[]): Generator<Uint8Array> {
  for (const batch of batches) yield* batch;
}
