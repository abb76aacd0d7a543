/**
 * The clients of a run: they read, write and delete as the workload says, each one thing at a time, and remember what they
 * were shown. What they choose comes from the seed and their own number alone, so that it is the same under every strategy.
 */

import type { Random } from '../../random.ts';
import { drawDelay, randomOf } from '../scenario/delay.ts';
import { KeyChooser } from '../scenario/key-choice.ts';
import type { DrawnWorkload, OperationKind, ProbeWorkload, ScriptStep } from '../scenario/setting.ts';
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

type Client = { readonly number: number; calls: number; readonly memory: Map<string, Memory> };

/** Streams of chance of clients. */
const CHOICES = 2_001;
/** Clients begin one after another within this time. */
const START_MS = 10;

export class Clients {
  readonly #cluster: Cluster;
  readonly #calls: Calls;
  readonly #book: OperationBook;
  readonly #judge: Judge;
  readonly #count: number;
  #left = 0;
  #busy = 0;
  #issued = 0;
  #isEnded = false;

  constructor(
    cluster: Cluster,
    parts: { readonly calls: Calls; readonly book: OperationBook; readonly judge: Judge; readonly count: number },
  ) {
    this.#cluster = cluster;
    this.#calls = parts.calls;
    this.#book = parts.book;
    this.#judge = parts.judge;
    this.#count = parts.count;
  }

  /** How many operations clients have asked for. */
  get issued(): number {
    return this.#issued;
  }

  /** Whether every client has done all it wanted. */
  get areDone(): boolean {
    return this.#busy === 0;
  }

  /** No client begins anything more. */
  end(): void {
    this.#isEnded = true;
  }

  start(): void {
    const { workload } = this.#cluster.setting;
    if (workload.kind === 'script') this.#startScript(workload.steps);
    else if (workload.kind === 'probe') this.#startProbes(workload);
    else this.#startDrawn(workload);
  }

  #startScript(steps: readonly ScriptStep[]): void {
    const clients = Array.from({ length: this.#count }, (_, number) => newClient(number));
    this.#busy = steps.length;
    for (const step of steps) {
      const client = clients[step.client] as Client; // counted from the steps
      this.#cluster.queue.at(step.atMs, () => {
        const at = this.#cluster.seatAt(step.replica ?? this.#homeOf(client));
        this.#perform(client, at, step.do, step.key, () => {
          this.#busy -= 1;
        });
      });
    }
  }

  #startProbes({ probesEach, afterMs, gapMs }: ProbeWorkload): void {
    this.#busy = this.#count;
    for (let number = 0; number < this.#count; number += 1) {
      const client = newClient(number);
      const at = this.#cluster.seatAt(this.#homeOf(client));
      const key = `key-${number + 1}`;
      let done = 0;
      const next = (): void => {
        if (done === probesEach || this.#isEnded) {
          this.#busy -= 1;
          return;
        }
        const after = afterMs[done % afterMs.length] ?? 0;
        done += 1;
        this.#write(client, at, key, false, this.#calls.localBasis(at, key), (isDone) => {
          const go = (): void => this.#cluster.queue.after(gapMs, next);
          if (!isDone) go();
          else this.#cluster.queue.after(after, () => this.#read(client, at, key, go, after));
        });
      };
      this.#cluster.queue.after((number * START_MS) / this.#count, next);
    }
  }

  #startDrawn(workload: DrawnWorkload): void {
    const { keys, mix, thinkMs, isSticky, inserts, scanKeys } = workload;
    const chooser = new KeyChooser(keys.choice, keys.count);
    const kinds = Object.entries(mix) as [OperationKind, number][]; // as: the keys of the record
    let keyCount = keys.count;
    this.#left = workload.operations;
    this.#busy = this.#count;
    this.#cluster.queue.at(workload.durationMs, () => this.end());
    for (let number = 0; number < this.#count; number += 1) {
      const client = newClient(number);
      const random = randomOf(this.#cluster.seed, CHOICES, number);
      const next = (): void => {
        if (this.#left === 0 || this.#isEnded) {
          this.#busy -= 1;
          return;
        }
        this.#left -= 1;
        const kind = pickWeighted(kinds, random);
        const isInsert = inserts > 0 && kind === 'put' && random.chance(inserts);
        if (isInsert) keyCount += 1;
        const drawn = chooser.draw(keyCount, random);
        const key = `key-${(isInsert ? keyCount - 1 : drawn) + 1}`;
        const pauseMs = drawDelay(thinkMs, random);
        const at = this.#placeOf(client, isSticky, random);
        const go = (): void => this.#cluster.queue.after(pauseMs, next);
        if (kind !== 'scan') this.#perform(client, at, kind, key, go);
        else this.#scan(client, at, drawn, random.between(1, scanKeys), keyCount, go);
      };
      this.#cluster.queue.after((number * START_MS) / this.#count, next);
    }
  }

  #homeOf(client: Client): number {
    const { coordinator, replicas } = this.#cluster.setting;
    return coordinator === 'client' ? replicas + client.number : client.number % replicas;
  }

  /** Its home; or any replica that runs and is not away. */
  #placeOf(client: Client, isSticky: boolean, random: Random): Seat {
    const home = this.#cluster.seatAt(this.#homeOf(client));
    const draw = random.fraction();
    if (isSticky || this.#cluster.setting.coordinator === 'client') return home;
    const open = this.#cluster.replicas.filter(({ isDown, isAway }) => !isDown && !isAway);
    return open[Math.floor(draw * open.length)] ?? home;
  }

  #perform(client: Client, at: Seat, kind: OperationKind, key: string, done: () => void): void {
    switch (kind) {
      case 'read':
        this.#read(client, at, key, done);
        break;
      case 'put':
      case 'delete':
        this.#write(client, at, key, kind === 'delete', this.#localBasis(at, key), done);
        break;
      case 'save':
        this.#write(client, at, key, false, memoryOf(client, key).basis, done);
        break;
      case 'scan':
        throw new TypeError('Cannot scan by a script: give several reads');
      case 'blind put':
        this.#write(client, at, key, false, BLIND, done);
        break;
      case 'update':
        this.#read(client, at, key, (answer) => {
          if (answer === undefined) done();
          else this.#write(client, at, key, false, this.#calls.basisOf(key, answer), done);
        });
        break;
      default:
        throw new TypeError(`Cannot do ${JSON.stringify(kind satisfies never)}: it is of no known kind`);
    }
  }

  /** Reads keys beside one another, all at once. */
  #scan(client: Client, at: Seat, first: number, count: number, keyCount: number, done: () => void): void {
    const last = Math.min(first + count, keyCount);
    let left = last - first;
    for (let number = first; number < last; number += 1) {
      this.#read(client, at, `key-${number + 1}`, () => {
        left -= 1;
        if (left === 0) done();
      });
    }
  }

  #localBasis(at: Seat, key: string): ShownBasis {
    return at.isDown ? BLIND : this.#calls.localBasis(at, key);
  }

  #read(
    client: Client,
    at: Seat,
    key: string,
    done: (answer: ReadAnswer | undefined) => void,
    probedMs?: number,
  ): void {
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

  #write(
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
    return client.calls * this.#count + client.number;
  }
}

function newClient(number: number): Client {
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

function pickWeighted(kinds: readonly (readonly [OperationKind, number])[], random: Random): OperationKind {
  let left = random.fraction() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of kinds) {
    left -= weight;
    if (left < 0) return kind;
  }
  return kinds.findLast(([, weight]) => weight > 0)?.[0] ?? 'read';
}
