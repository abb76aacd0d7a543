/** Replicas of one strategy and one key, played by hand: nothing is told to anybody unless a test says so. */

import type { Basis, Shown, Strategy, StrategyReplica, StrategyRun } from '../../../src/lab/strategies/strategy.ts';

type How = {
  /** Default: what the replica holds. */
  readonly basis?: Basis;
  readonly client?: string;
};

export const BLIND: How = { basis: { kind: 'none' } };
const KEY = 'key';

export class Play {
  readonly strategy: Strategy;
  readonly run: StrategyRun;
  readonly replicas: StrategyReplica[];
  /** What each wall clock says, ms. */
  readonly clocks: number[];
  readonly #told = new Map<number, unknown>();
  readonly #answers = new Map<number, unknown>();
  #operations = 0;

  constructor(strategy: Strategy, count = 3) {
    this.strategy = strategy;
    this.run = strategy.begin();
    const members = Array.from({ length: count }, (_, index) => `replica-${index + 1}`);
    this.clocks = members.map(() => 1_000);
    this.replicas = members.map((_, index) => this.#create(index, 0, members));
  }

  /** The number of the write; undefined: refused. */
  put(at: number, how: How = {}): number | undefined {
    return this.#write(at, false, how);
  }

  delete(at: number, how: How = {}): number | undefined {
    return this.#write(at, true, how);
  }

  /** Delivers what others were told of a write; whether it changed anything. */
  tell(operation: number | undefined, to: number): boolean {
    if (operation === undefined) throw new RangeError('Cannot tell of a write that was refused');
    return this.at(to).take(KEY, this.#told.get(operation));
  }

  /** What the client of a write was answered, as the basis of its next one. */
  answered(operation: number | undefined): Basis {
    return operation === undefined ? { kind: 'none' } : { kind: 'shown', held: this.#answers.get(operation) };
  }

  exchange(one: number, other: number): void {
    this.at(one).exchange(this.at(other), new Set([KEY]), () => undefined);
  }

  /** A write that is told to all. */
  putEverywhere(at: number, how: How = {}): number | undefined {
    const operation = this.put(at, how);
    this.#tellAll(operation);
    return operation;
  }

  deleteEverywhere(at: number, how: How = {}): number | undefined {
    const operation = this.delete(at, how);
    this.#tellAll(operation);
    return operation;
  }

  /** What a client is shown that asks these replicas, as the basis of its next write. */
  read(...from: number[]): Basis {
    return { kind: 'shown', held: this.#merged(from) };
  }

  show(...from: number[]): Shown {
    return this.run.show(KEY, this.#merged(from));
  }

  live(at: number): readonly number[] {
    return this.show(at).live;
  }

  held(at: number): unknown {
    return this.at(at).held(KEY);
  }

  /** One attempt to reap: whether all agreed. */
  reap(): boolean {
    const told = this.strategy.reaping?.decide(this.replicas.map((replica) => replica.held(KEY)));
    if (told === undefined) return false;
    for (const replica of this.replicas) replica.take(KEY, told);
    return true;
  }

  /** A replica loses its disk. */
  forget(at: number): void {
    this.replicas[at] = this.#create(at, 1, ['replica-1', 'replica-2', 'replica-3']);
  }

  at(index: number): StrategyReplica {
    const replica = this.replicas[index];
    if (replica === undefined) throw new RangeError(`Cannot find replica ${index}: there are ${this.replicas.length}`);
    return replica;
  }

  #create(index: number, life: number, members: readonly string[]): StrategyReplica {
    const name = `replica-${index + 1}`;
    return this.run.create({ index, name, life, members, now: () => this.clocks[index] ?? 0 });
  }

  #merged(from: readonly number[]): unknown {
    return from.map((at) => this.held(at)).reduce((one, other) => this.run.merge(KEY, one, other));
  }

  #write(at: number, isDelete: boolean, { basis = this.read(at), client = `client-${at + 1}` }: How) {
    this.#operations += 1;
    const operation = this.#operations;
    const written = this.at(at).write({ key: KEY, operation, isDelete, basis, client });
    if (written === undefined) return undefined;
    this.#told.set(operation, written.told);
    this.#answers.set(operation, written.answer);
    return operation;
  }

  #tellAll(operation: number | undefined): void {
    for (let to = 0; to < this.replicas.length; to += 1) this.tell(operation, to);
  }
}
