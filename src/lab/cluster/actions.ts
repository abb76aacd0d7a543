/**
 * What one client does at a time: reads and writes, each judged when it is answered, and what the client remembers of them,
 * for its session and for what it writes next.
 */

import type { OperationKind } from '../scenario/setting.ts';
import type { Shown } from '../strategies/strategy.ts';
import type { Judge } from '../truth/judge.ts';
import { countOf, covers, type Known, unite } from '../truth/known.ts';
import type { Operation, OperationBook } from '../truth/operation-book.ts';
import { BLIND, type Calls, type ReadAnswer, type ShownBasis } from './calls.ts';
import type { Cluster, Seat } from './cluster.ts';

/**
 * What a client remembers of a key: its own newest write that was acknowledged, what it was last shown, and what it would
 * base a write on without looking again.
 */
type Memory = { own: Operation | undefined; shown: Known; basis: ShownBasis };

/** A client of a run. */
export type Client = { readonly number: number; calls: number; readonly memory: Map<string, Memory> };

/** Reads and writes for clients. */
export class Actions {
  readonly #cluster: Cluster;
  readonly #calls: Calls;
  readonly #book: OperationBook;
  readonly #judge: Judge;
  readonly #clients: number;
  #issued = 0;

  constructor(
    cluster: Cluster,
    parts: { readonly calls: Calls; readonly book: OperationBook; readonly judge: Judge; readonly clients: number },
  ) {
    this.#cluster = cluster;
    this.#calls = parts.calls;
    this.#book = parts.book;
    this.#judge = parts.judge;
    this.#clients = parts.clients;
  }

  /** How many operations clients have asked for. */
  get issued(): number {
    return this.#issued;
  }

  perform(client: Client, at: Seat, kind: OperationKind, key: string, done: () => void): void {
    switch (kind) {
      case 'read':
        this.read(client, at, key, done);
        break;
      case 'put':
      case 'delete':
        this.write(client, at, key, kind === 'delete', this.localBasis(at, key), done);
        break;
      case 'save':
        this.write(client, at, key, false, memoryOf(client, key).basis, done);
        break;
      case 'scan':
        throw new TypeError('Cannot scan by a script: give several reads');
      case 'blind put':
        this.write(client, at, key, false, BLIND, done);
        break;
      case 'update':
        this.read(client, at, key, (answer) => {
          if (answer === undefined) done();
          else this.write(client, at, key, false, this.#calls.basisOf(key, answer), done);
        });
        break;
      default:
        throw new TypeError(`Cannot do ${JSON.stringify(kind satisfies never)}: it is of no known kind`);
    }
  }

  localBasis(at: Seat, key: string): ShownBasis {
    return at.isDown ? BLIND : this.#calls.localBasis(at, key);
  }

  read(client: Client, at: Seat, key: string, done: (answer: ReadAnswer | undefined) => void, probedMs?: number): void {
    const cluster = this.#cluster;
    const { meter } = cluster;
    const startedAt = cluster.now;
    const due = { acknowledged: this.#book.acknowledgedOf(key), at: this.#book.lastAcknowledgedAt(key) };
    this.#issued += 1;
    meter.asked('reads');
    if (at.isDown) {
      done(undefined);
      return;
    }
    this.#calls.read(at, key, this.#callOf(client), (answer) => {
      if (answer !== undefined) {
        const { known, shown } = answer;
        meter.answered('reads', cluster.now - startedAt);
        const anomalies = this.#judge.judge(key, known, shown, cluster.now);
        const freshness = this.#judge.freshness(key, known, due, startedAt);
        meter.read({ ...freshness, anomalies }, shown.live.length, probedMs);
        this.#remember(client, key, known, shown);
        memoryOf(client, key).basis = this.#calls.basisOf(key, answer);
        const { live, deleted } = shown;
        cluster.trace?.({
          at: cluster.now,
          kind: 'read',
          replica: at.index,
          client: client.number,
          key,
          view: { live, deleted },
        });
      }
      done(answer);
    });
  }

  write(
    client: Client,
    at: Seat,
    key: string,
    isDelete: boolean,
    basis: ShownBasis,
    done: (isAcknowledged: boolean) => void,
  ): void {
    const { meter } = this.#cluster;
    const startedAt = this.#cluster.now;
    this.#issued += 1;
    meter.asked('writes');
    if (at.isDown) {
      done(false);
      return;
    }
    const call = this.#callOf(client);
    let operation: Operation | undefined;
    let isEarly = false;
    const finish = (isAcknowledged: boolean): void => {
      if (operation === undefined) {
        isEarly = true;
        return;
      }
      if (isAcknowledged) {
        meter.answered('writes', this.#cluster.now - startedAt);
        memoryOf(client, key).own = operation;
      }
      done(isAcknowledged);
    };
    const written = this.#calls.write(at, { key, isDelete, client: client.number, call }, basis, finish);
    if (written === undefined) {
      meter.refused += 1;
      done(false);
      return;
    }
    operation = written.operation;
    memoryOf(client, key).basis = written.answered;
    if (isEarly) finish(true);
  }

  /** Judges the session: does it see its own write, and nothing older than what it saw before? */
  #remember(client: Client, key: string, known: Known, { live, deleted, passedOver }: Shown): void {
    const memory = memoryOf(client, key);
    let seen: Known = [];
    for (const number of [...live, ...deleted, ...passedOver]) seen = unite(seen, this.#book.at(number).past);
    // Who is shown nothing sees the deletes that were told.
    if (live.length === 0)
      for (const head of this.#book.headsOf(key, known)) if (head.isDelete) seen = unite(seen, head.past);
    const { own, shown } = memory;
    const isOwnMissed = own !== undefined && countOf(seen, own.lane) < own.place;
    const isBack =
      !covers(seen, shown) && this.#book.headsOf(key, shown).some(({ lane, place }) => countOf(seen, lane) < place);
    this.#cluster.meter.session(isOwnMissed, isBack);
    memory.shown = seen;
  }

  /** Numbers the calls of all clients, the same under every strategy. */
  #callOf(client: Client): number {
    client.calls += 1;
    return client.calls * this.#clients + client.number;
  }
}

/** A client that has seen nothing yet. */
export function newClient(number: number): Client {
  return { number, calls: 0, memory: new Map() };
}

function memoryOf(client: Client, key: string): Memory {
  let memory = client.memory.get(key);
  if (memory === undefined) {
    memory = { own: undefined, shown: [], basis: BLIND };
    client.memory.set(key, memory);
  }
  return memory;
}
