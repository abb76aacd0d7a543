/**
 * What one operation makes of the states of the replicas it touches. Each is done to the real code and to the oracle once
 * for every state it is met in, and remembered: a replica knows nothing but its own state and what it is handed, so the
 * rest of the world makes no difference.
 */

import { DotSet } from '../../clock/dot-set.ts';
import { exchangeModels } from '../../model/oracle.ts';
import { MEMBER, memberKeyOf, RETIRED } from '../../store/membership.ts';
import { stateOf } from '../../store/versioned-kv-store.ts';
import { broken } from '../schedule/checks.ts';
import { KEY } from './facts.ts';
import type { Store } from './image.ts';
import { cutsOf, meet, turnsTo } from './meeting.ts';
import type { Replicas } from './replicas.ts';
import { PairTable } from './tables.ts';

/** What an exchange of two replicas may leave behind. */
export type Outcomes = {
  /** How many; the last is that of the whole exchange, the others of cuts that leave something else. */
  readonly count: number;
  /** The states of both, one outcome after another. */
  readonly states: Uint32Array;
  /** How many frames each had taken, one outcome after another. */
  readonly frames: Uint8Array;
  /** Nothing was to be sent. */
  readonly isSilent: boolean;
};

/** A state after a reaping, and which deletes went. */
export type Reaped = { readonly local: number; readonly gone: number };

const KINDS = ['put', 'delete', 'put blind', 'delete blind'] as const;
export type WriteKind = (typeof KINDS)[number];

/** The operations, by what they lead to. */
export class Steps {
  readonly replicas: Replicas;
  readonly #writes = new PairTable();
  readonly #members = new PairTable();
  readonly #deliveries = new PairTable();
  readonly #reaped: Reaped[][] = [[], []];
  readonly #meetings = new PairTable();
  readonly #outcomes: Outcomes[] = [];

  constructor(replicas: Replicas) {
    this.replicas = replicas;
  }

  /** How often the real code ran. */
  get runs(): number {
    const reaps = this.#reaped.reduce((sum, list) => sum + list.length, 0);
    return this.#writes.size + this.#members.size + this.#deliveries.size + this.#meetings.size + reaps;
  }

  write(local: number, kind: WriteKind): number {
    const number = KINDS.indexOf(kind);
    const known = this.#writes.get(local, number);
    if (known !== -1) return known;
    const next = this.#write(local, kind);
    this.#writes.set(local, number, next);
    return next;
  }

  /** `place` is retired, or made a member again, by a replica in this state. */
  setMember(local: number, place: number, isMember: boolean): number {
    const choice = place * 2 + (isMember ? 1 : 0);
    const known = this.#members.get(local, choice);
    if (known !== -1) return known;
    const store = this.replicas.store(local);
    stateOf(store).write(memberKeyOf(this.replicas.names[place] ?? ''), isMember ? MEMBER : RETIRED, 'local');
    const next = this.replicas.settle(store, this.replicas.get(local).known);
    this.#members.set(local, choice, next);
    return next;
  }

  /** Law: L4, L14. */
  deliver(local: number, message: number): number {
    const known = this.#deliveries.get(local, message);
    if (known !== -1) return known;
    const { record, known: told } = this.replicas.message(message);
    const store = this.replicas.store(local);
    const receipt = stateOf(store).receive(record);
    if (receipt.collisions.length > 0) broken('L8', 'a dot collision was reported where there was none');
    const model = this.replicas.model(local);
    model.receive(KEY, this.replicas.facts.names(this.replicas.sets.get(told)));
    this.#checkIssuedNothing(local, store, 'receiving a record');
    const next = this.replicas.settle(store, this.replicas.knownBy(model));
    this.#deliveries.set(local, message, next);
    return next;
  }

  reap(local: number, force: boolean): Reaped {
    const list = this.#reaped[force ? 1 : 0] ?? [];
    return (list[local] ??= this.#reap(local, force));
  }

  /** Everything that an exchange begun by a replica in state `one` may come to. Law: L4, L12, L14. */
  exchange(one: number, other: number): Outcomes {
    const known = this.#meetings.get(one, other);
    if (known !== -1) return this.#outcomes[known] ?? this.#meet(one, other);
    const outcomes = this.#meet(one, other);
    this.#meetings.set(one, other, this.#outcomes.push(outcomes) - 1);
    return outcomes;
  }

  /** The order of frames that leads to a cut, as `interleave` steps have it: 0 to the second, 1 to the first. */
  turns(one: number, other: number, ofFirst: number, ofSecond: number): readonly number[] {
    const meeting = meet(this.replicas.store(one), this.replicas.store(other), () => 0);
    return (turnsTo(meeting, ofFirst, ofSecond) ?? []).map((turn) => (turn === 'to second' ? 0 : 1));
  }

  #write(local: number, kind: WriteKind): number {
    const { facts, sets } = this.replicas;
    const { image, known } = this.replicas.get(local);
    const isTombstone = kind.startsWith('delete');
    const isBlind = kind.endsWith('blind');
    const knew = sets.get(known);
    const dot = { id: image.id, counter: image.counter + 1 };
    const fact = facts.note({ dot, isTombstone, context: isBlind ? [] : knew, knew });
    const { text } = facts.get(fact);
    const store = this.replicas.store(local);
    const counter = stateOf(store).write(KEY, isTombstone ? undefined : text, isBlind ? DotSet.empty : 'local');
    if (counter !== dot.counter) broken('L1', `${image.id} issued ${counter} after ${image.counter}`);
    return this.replicas.settle(store, sets.with(known, fact));
  }

  #reap(local: number, force: boolean): Reaped {
    const { facts, sets } = this.replicas;
    const { known } = this.replicas.get(local);
    const store = this.replicas.store(local);
    const { dots } = stateOf(store).reap(force);
    const gone = dots.map(({ id, counter }) => {
      const fact = sets.get(known).find((number) => facts.get(number).text === `${id}:${counter}`);
      if (fact === undefined || !facts.get(fact).operation.tombstone)
        return broken('L11', `${id}:${counter} was reaped and is no delete`);
      return fact;
    });
    this.#checkIssuedNothing(local, store, 'reaping');
    return { local: this.replicas.settle(store, known), gone: sets.of(gone) };
  }

  #meet(one: number, other: number): Outcomes {
    const locals = [one, other] as const;
    const stores = [this.replicas.store(one), this.replicas.store(other)] as const;
    const look = (side: 0 | 1): number => this.#follow(locals[side], stores[side], locals[side === 0 ? 1 : 0]);
    const meeting = meet(stores[0], stores[1], look);
    const cuts = cutsOf(meeting);
    const found = new Map<string, readonly [first: number, second: number, ofFirst: number, ofSecond: number]>();
    for (const [ofFirst, ofSecond] of cuts) {
      const first = meeting.first.states[ofFirst] ?? one;
      const second = meeting.second.states[ofSecond] ?? other;
      const isStill = first === one && second === other;
      const text = `${first},${second}`;
      if (!isStill && !found.has(text)) found.set(text, [first, second, ofFirst, ofSecond]);
    }
    const whole = cuts.at(-1) ?? [0, 0];
    const first = meeting.first.states[whole[0]] ?? one;
    const second = meeting.second.states[whole[1]] ?? other;
    this.#checkMet(one, other, first, second);
    found.delete(`${first},${second}`);
    const list = [...found.values(), [first, second, whole[0], whole[1]] as const];
    return {
      count: list.length,
      states: Uint32Array.from(list.flatMap((outcome) => outcome.slice(0, 2))),
      frames: Uint8Array.from(list.flatMap((outcome) => outcome.slice(2))),
      isSilent: meeting.isSilent,
    };
  }

  /** The state of a side: what it took in is read off its context, and is all or nothing of what the peer knew. */
  #follow(before: number, store: Store, peer: number): number {
    const { facts, sets } = this.replicas;
    const { known } = this.replicas.get(before);
    const { context } = stateOf(store).recordOf(KEY);
    const own = sets.get(known);
    const news = sets.get(this.replicas.get(peer).known).filter((number) => !own.includes(number));
    const taken = news.filter((number) => {
      const { dot } = facts.get(number);
      return context.has(dot.id, dot.counter);
    });
    if (taken.length !== 0 && taken.length !== news.length)
      broken('L4', `${store.name} took in a part of what its peer knew, which its peer knew at no moment without more`);
    this.#checkIssuedNothing(before, store, 'an exchange');
    return this.replicas.settle(store, taken.length === 0 ? known : sets.of([...own, ...news]));
  }

  /** L12: after a whole exchange both know what either knew. */
  #checkMet(one: number, other: number, first: number, second: number): void {
    const [a, b] = [this.replicas.model(one), this.replicas.model(other)];
    exchangeModels(a, b);
    const known = this.replicas.knownBy(a);
    for (const local of [first, second]) {
      const { image, known: has } = this.replicas.get(local);
      if (has !== known) broken('L12', `${image.id} does not know all that both knew after an exchange`);
    }
  }

  #checkIssuedNothing(before: number, store: Store, what: string): void {
    const { image } = this.replicas.get(before);
    if (stateOf(store).knowledge.counter !== image.counter) broken('L14', `${what} issued a dot`);
  }
}
