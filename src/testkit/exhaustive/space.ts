/**
 * The world of a search: a state is the states of all replicas, the messages in flight and the deletes that somebody has
 * reaped, as numbers. Gives every state that one operation leads to, and the one state that stands for all those which
 * differ in the names of the replicas only. Knows nothing of the order in which states are visited.
 */

import { ALL_RULES, brokenBits, type Rules } from '../../rules.ts';
import { broken } from '../schedule/checks.ts';
import { reapedTooEarly } from '../schedule/judge.ts';
import { World } from '../schedule/world.ts';
import type { Move, MoveKind } from './moves.ts';
import { Renaming } from './renaming.ts';
import { Replicas } from './replicas.ts';
import { Steps, type WriteKind } from './steps.ts';
import { SetTable } from './tables.ts';

/** What is searched. */
export type SpaceOptions = {
  readonly replicas: number;
  readonly kinds: readonly MoveKind[];
  readonly rules?: Rules;
  /** How often the members may change in one history. Default: any number of times. */
  readonly changesMax?: number;
  /** Whether states that differ in the names of the replicas only count as one. */
  readonly isReduced?: boolean;
};

/** The states of replicas by their places, then the set of messages in flight, then the set of reaped deletes. */
export type State = number[];

/** All states, and what leads from one to the next. */
export class Space {
  readonly replicas: Replicas;
  readonly steps: Steps;
  /** How many numbers a state has. */
  readonly width: number;
  /** The operation whose outcome is being visited. */
  move: Move | undefined;
  readonly #count: number;
  readonly #changesMax: number;
  readonly #messages = new SetTable();
  readonly #writes: readonly WriteKind[];
  readonly #reaps: readonly boolean[];
  readonly #has: { readonly [kind in MoveKind]: boolean };
  readonly #renamings: readonly Renaming[];
  readonly #next: State;

  constructor({
    replicas,
    kinds,
    rules = ALL_RULES,
    isReduced = true,
    changesMax = Number.POSITIVE_INFINITY,
  }: SpaceOptions) {
    const has = (kind: MoveKind): boolean => kinds.includes(kind);
    this.#count = replicas;
    this.#changesMax = changesMax;
    this.width = replicas + 2;
    this.replicas = new Replicas(replicas, brokenBits(rules));
    this.steps = new Steps(this.replicas);
    this.#writes = [
      ...(has('write') ? (['put', 'delete'] as const) : []),
      ...(has('blind') ? (['put blind', 'delete blind'] as const) : []),
    ];
    this.#reaps = [...(has('reap') ? [false] : []), ...(has('force') ? [true] : [])];
    this.#has = {
      ...{ write: has('write'), blind: has('blind'), send: has('send'), deliver: has('deliver') },
      ...{ exchange: has('exchange'), cut: has('cut'), reap: has('reap'), force: has('force') },
      members: has('members'),
    };
    this.#renamings = isReduced ? Renaming.all(this.replicas, this.#messages) : [];
    this.#next = new Array<number>(this.width).fill(0);
  }

  /** Replicas that have nothing yet, and nothing in flight. */
  root(): State {
    return [...this.replicas.names.map((_, place) => this.replicas.blank(place)), 0, 0];
  }

  /**
   * Calls `visit` with every state that one operation on `state` leads to; the array is used again. Law: L4, L11, L14 and
   * others, for each step. Throws: ScheduleFailure; `move` then says at which operation.
   */
  visitNext(state: State, visit: (next: State) => void): void {
    for (let at = 0; at < this.#count; at++) this.#visitLocal(state, at, visit);
    if (this.#has.deliver) this.#visitDeliveries(state, visit);
    for (let a = 0; a < this.#count; a++) {
      for (let b = 0; b < this.#count; b++) if (a !== b) this.#visitExchanges(state, a, b, visit);
    }
    this.move = undefined;
  }

  /** Puts in `into` the state that stands for `state`, and says for how many it stands. */
  represent(state: State, into: State): number {
    for (let part = 0; part < this.width; part++) into[part] = state[part] ?? 0;
    let same = 1;
    for (const renaming of this.#renamings) {
      const order = renaming.compare(state, into);
      if (order === 0) same += 1;
      if (order >= 0) continue;
      renaming.apply(state, into);
      same = 1;
    }
    return (this.#renamings.length + 1) / same;
  }

  #visitLocal(state: State, at: number, visit: (next: State) => void): void {
    const local = state[at] ?? 0;
    for (const write of this.#writes) {
      this.move = { kind: 'write', at, write };
      this.#visitWith(state, at, this.steps.write(local, write), visit);
    }
    for (const force of this.#reaps) {
      this.move = { kind: 'reap', at, force };
      this.#visitReap(state, at, force, visit);
    }
    if (this.#has.members) this.#visitMembers(state, at, visit);
    if (!this.#has.send) return;
    this.move = { kind: 'send', at };
    this.#copy(state);
    this.#next[this.#count] = this.#messages.with(state[this.#count] ?? 0, this.replicas.send(local));
    visit(this.#next);
  }

  /** Who is a member can be retired, and who is none can return. */
  #visitMembers(state: State, at: number, visit: (next: State) => void): void {
    const local = state[at] ?? 0;
    const { members } = this.replicas.get(local);
    let changes = 0;
    for (let place = 0; place < this.#count; place++) changes += this.replicas.get(state[place] ?? 0).changes;
    if (changes >= this.#changesMax) return;
    for (let member = 0; member < this.#count; member++) {
      const isMember = (members & (1 << member)) !== 0;
      this.move = { kind: isMember ? 'retire' : 'return', at, member };
      this.#visitWith(state, at, this.steps.setMember(local, member, !isMember), visit);
    }
  }

  #visitReap(state: State, at: number, force: boolean, visit: (next: State) => void): void {
    const { local, gone } = this.steps.reap(state[at] ?? 0, force);
    this.#copy(state);
    this.#next[at] = local;
    if (gone !== 0) {
      const { sets } = this.replicas;
      if (!force) this.#checkReaped(state, at, gone);
      let reaped = state[this.#count + 1] ?? 0;
      for (const fact of sets.get(gone)) reaped = sets.with(reaped, fact);
      this.#next[this.#count + 1] = reaped;
    }
    visit(this.#next);
  }

  #visitDeliveries(state: State, visit: (next: State) => void): void {
    for (const message of this.#messages.get(state[this.#count] ?? 0)) {
      for (let to = 0; to < this.#count; to++) {
        this.move = { kind: 'deliver', to, message };
        this.#visitWith(state, to, this.steps.deliver(state[to] ?? 0, message), visit);
      }
    }
  }

  #visitExchanges(state: State, a: number, b: number, visit: (next: State) => void): void {
    this.move = { kind: 'exchange', a, b, outcome: 0 };
    const { count, states } = this.steps.exchange(state[a] ?? 0, state[b] ?? 0);
    const from = this.#has.cut ? 0 : count - 1;
    for (let outcome = from; outcome < (this.#has.exchange ? count : count - 1); outcome++) {
      this.move = { kind: 'exchange', a, b, outcome };
      this.#copy(state);
      this.#next[a] = states[2 * outcome] ?? 0;
      this.#next[b] = states[2 * outcome + 1] ?? 0;
      visit(this.#next);
    }
  }

  #visitWith(state: State, at: number, local: number, visit: (next: State) => void): void {
    this.#copy(state);
    this.#next[at] = local;
    visit(this.#next);
  }

  #copy(state: State): void {
    for (let part = 0; part < this.width; part++) this.#next[part] = state[part] ?? 0;
  }

  /** L9, L11: no member can still bring a write that was made beside a reaped tombstone without knowing it. */
  #checkReaped(state: State, at: number, gone: number): void {
    const { facts, sets } = this.replicas;
    const { members, known } = this.replicas.get(state[at] ?? 0);
    const names = facts.names(sets.get(known));
    // Whatever a replica has made, it knows; so those which are members know all that members have made.
    const isOfMember = (id: string): boolean => (members & (1 << this.replicas.ids.indexOf(id))) !== 0;
    const all = state.slice(0, this.#count).flatMap((local) => sets.get(this.replicas.get(local).known));
    const made = all.map((number) => facts.get(number)).filter(({ dot }) => isOfMember(dot.id));
    for (const number of sets.get(gone)) {
      const tombstone = facts.get(number).operation;
      const missed = reapedTooEarly(tombstone, made, names);
      if (missed !== undefined)
        broken(
          'L11',
          `${World.nameOf(at)} reaped ${tombstone.name} while a member holds ${missed.name}, made beside it`,
        );
    }
  }
}
