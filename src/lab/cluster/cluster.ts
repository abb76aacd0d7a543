/**
 * The replicas of one run and the network between them: what each holds, what each was told, who reaches whom. Messages take
 * the time that the seed and the operation give them, may be lost or come twice, and are lost when their way is cut.
 */

import { drawDelay, randomOf } from '../scenario/delay.ts';
import type { Setting } from '../scenario/setting.ts';
import type { Strategy, StrategyReplica, StrategyRun } from '../strategies/strategy.ts';
import { type Known, NOTHING_KNOWN, unite } from '../truth/known.ts';
import type { OperationBook } from '../truth/operation-book.ts';
import { EventQueue } from './event-queue.ts';
import type { Meter } from './meter.ts';
import type { MessageKind, Tracer, View } from './trace.ts';

/** A write that a replica did not acknowledge, kept by who coordinated it. */
export type Hint = {
  readonly to: number;
  readonly key: string;
  readonly told: unknown;
  readonly known: Known;
  readonly at: number;
};

/** One place where a strategy runs: a replica, or a client that coordinates by itself. */
export type Seat = {
  readonly index: number;
  readonly name: string;
  replica: StrategyReplica;
  /** What it was told of each key. */
  readonly known: Map<string, Known>;
  /** Every key that changed here, one after another; and by peer how much of that the last exchange with it covered. */
  readonly changes: string[];
  readonly exchangedTo: number[];
  hints: Set<Hint>;
  life: number;
  skewMs: number;
  isDown: boolean;
  isAway: boolean;
};

/** Names a message for its draws: the call it belongs to (clients' calls are numbered), and a number within. */
export type MessageName = { readonly call: number; readonly part: number };

const KINDS: readonly MessageKind[] = ['write', 'acknowledge', 'request', 'response', 'read repair', 'hint', 'reap'];
/** Wall clocks begin here, so that the times of a run look like times. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The replicas of one run, and what lies between them. */
export class Cluster {
  readonly queue: EventQueue = new EventQueue();
  readonly setting: Setting;
  readonly strategy: Strategy;
  readonly run: StrategyRun;
  readonly seed: number;
  readonly meter: Meter;
  readonly trace: Tracer | undefined;
  readonly seats: readonly Seat[];
  /** Cuts that hold now: each a list of sides. */
  readonly cuts: Set<readonly (readonly number[])[]> = new Set<readonly (readonly number[])[]>();
  readonly #book: OperationBook;
  readonly #names: readonly string[];
  readonly #hasExchanges: boolean;
  #messages = 0;

  constructor(
    strategy: Strategy,
    setting: Setting,
    seed: number,
    told: {
      readonly meter: Meter;
      readonly book: OperationBook;
      readonly trace?: Tracer | undefined;
      readonly clients: number;
    },
  ) {
    this.strategy = strategy;
    this.run = strategy.begin();
    this.setting = setting;
    this.seed = seed;
    this.meter = told.meter;
    this.trace = told.trace;
    this.#book = told.book;
    this.#hasExchanges = setting.background.exchangeEveryMs !== undefined;
    this.#names = Array.from({ length: setting.replicas }, (_, at) => `replica-${at + 1}`);
    const clients = setting.coordinator === 'client' ? told.clients : 0;
    const names = [...this.#names, ...Array.from({ length: clients }, (_, at) => `client-${at + 1}`)];
    this.seats = names.map((name, index) => this.#seat(name, index));
  }

  get now(): number {
    return this.queue.now;
  }

  /** The replicas, without clients that coordinate. */
  get replicas(): readonly Seat[] {
    return this.seats.slice(0, this.setting.replicas);
  }

  seatAt(index: number): Seat {
    const seat = this.seats[index];
    if (seat === undefined) throw new RangeError(`Cannot find replica ${index}: there are ${this.seats.length}`);
    return seat;
  }

  /** Whether a message from one would get to the other now. */
  isReachable(one: Seat, other: Seat): boolean {
    if (one.isDown || other.isDown || ((one.isAway || other.isAway) && one !== other)) return false;
    for (const sides of this.cuts) {
      const side = sides.findIndex((members) => members.includes(one.index));
      const otherSide = sides.findIndex((members) => members.includes(other.index));
      if (side >= 0 && otherSide >= 0 && side !== otherSide) return false;
    }
    return true;
  }

  /** Sends; `deliver` is called when and if it arrives, which may be twice. */
  send(carries: MessageKind, from: Seat, to: Seat, key: string, name: MessageName, deliver: () => void): void {
    const { network } = this.setting;
    const random = randomOf(this.seed, KINDS.indexOf(carries), name.call, name.part, to.index);
    const message = this.#messages++;
    this.trace?.({ at: this.now, kind: 'sent', message, carries, from: from.index, to: to.index, key });
    const isLost = network.loss > 0 && random.chance(network.loss);
    const copies = network.duplicate > 0 && random.chance(network.duplicate) ? 2 : 1;
    if (isLost || !this.isReachable(from, to)) {
      this.trace?.({ at: this.now, kind: 'lost', message });
      return;
    }
    const delay = network.latency[legOf(carries)];
    for (let copy = 1; copy <= copies; copy += 1) {
      this.queue.after(drawDelay(delay, random), () => {
        if (!this.isReachable(from, to)) {
          this.trace?.({ at: this.now, kind: 'lost', message });
          return;
        }
        deliver();
        this.trace?.({ at: this.now, kind: 'arrived', message, replica: to.index, key, view: this.viewOf(to, key) });
      });
    }
  }

  knownOf(seat: Seat, key: string): Known {
    return seat.known.get(key) ?? NOTHING_KNOWN;
  }

  /** Notes that a seat was told so much of a key. */
  learn(seat: Seat, key: string, told: Known): void {
    const before = this.knownOf(seat, key);
    const after = unite(before, this.#book.strip(key, told));
    if (after !== before) seat.known.set(key, after);
  }

  /** Leaves out of what a seat was told of a key what has been buried since. */
  strip(seat: Seat, key: string): void {
    const before = this.knownOf(seat, key);
    const after = this.#book.strip(key, before);
    if (after !== before) seat.known.set(key, after);
  }

  /** Notes that what a seat holds for a key may differ from what its peers do. */
  touch(seat: Seat, key: string): void {
    if (this.#hasExchanges) seat.changes.push(key);
  }

  /** The keys that changed at a seat since its last exchange with a peer. */
  changedSince(seat: Seat, peer: Seat): readonly string[] {
    return seat.changes.slice(seat.exchangedTo[peer.index] ?? 0);
  }

  /** The two hold the same now. */
  noteExchanged(one: Seat, other: Seat): void {
    one.exchangedTo[other.index] = one.changes.length;
    other.exchangedTo[one.index] = other.changes.length;
  }

  /** Hands a seat what another told; whether that changed anything. */
  take(seat: Seat, key: string, told: unknown, known: Known): boolean {
    const isChanged = seat.replica.take(key, told);
    this.learn(seat, key, known);
    if (isChanged) this.touch(seat, key);
    return isChanged;
  }

  viewOf(seat: Seat, key: string): View {
    const { live, deleted } = this.run.show(key, seat.replica.held(key));
    const clock = seat.replica.clock?.();
    return clock === undefined ? { live, deleted } : { live, deleted, clock };
  }

  /** Begins the next life of a replica, which has nothing. */
  forget(seat: Seat): void {
    seat.life += 1;
    seat.replica = this.#create(seat);
    seat.hints = new Set();
    // Nobody can rely any more on what it had in common with them.
    for (const other of this.replicas) other.changes.push(...other.known.keys());
    seat.known.clear();
  }

  #seat(name: string, index: number): Seat {
    const { replicas, clockSkewMs } = this.setting;
    const skewMs = Math.round((randomOf(this.seed, 77, index).fraction() * 2 - 1) * clockSkewMs);
    const seat = {
      ...{ index, name, skewMs, changes: [], exchangedTo: Array.from({ length: replicas }, () => 0) },
      ...{ known: new Map<string, Known>(), hints: new Set<Hint>(), life: 0, isDown: false, isAway: false },
    };
    return Object.assign(seat, { replica: this.#create(seat) });
  }

  #create(seat: Omit<Seat, 'replica'>): StrategyReplica {
    const now = (): number => EPOCH_MS + Math.floor(this.now) + seat.skewMs;
    return this.run.create({ index: seat.index, name: seat.name, life: seat.life, members: this.#names, now });
  }
}

function legOf(carries: MessageKind): keyof Setting['network']['latency'] {
  return carries === 'acknowledge' || carries === 'request' || carries === 'response' ? carries : 'write';
}
