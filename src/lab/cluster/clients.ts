/**
 * The clients of a run: they read, write and delete as the workload says, each one thing at a time. What
 * they choose comes from the seed and their own number alone, so that it is the same under every strategy.
 */

import type { Random } from '../../random.ts';
import { drawDelay, randomOf } from '../scenario/delay.ts';
import { KeyChooser } from '../scenario/key-choice.ts';
import type { DrawnWorkload, OperationKind, ProbeWorkload, ScriptStep } from '../scenario/setting.ts';
import { type Actions, type Client, newClient } from './actions.ts';
import type { Cluster, Seat } from './cluster.ts';

/** Streams of chance of clients. */
const CHOICES = 2_001;
/** Clients begin one after another within this time. */
const START_MS = 10;

/** Sets the clients of a workload going. */
export class Clients {
  readonly #cluster: Cluster;
  readonly #actions: Actions;
  readonly #count: number;
  #left = 0;
  #busy = 0;
  #isEnded = false;

  constructor(cluster: Cluster, actions: Actions, count: number) {
    this.#cluster = cluster;
    this.#actions = actions;
    this.#count = count;
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
        this.#actions.perform(client, at, step.do, step.key, () => {
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
        this.#actions.write(client, at, key, false, this.#actions.localBasis(at, key), (isDone) => {
          const go = (): void => this.#cluster.queue.after(gapMs, next);
          if (!isDone) go();
          else this.#cluster.queue.after(after, () => this.#actions.read(client, at, key, go, after));
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
        if (kind !== 'scan') this.#actions.perform(client, at, kind, key, go);
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

  /** Reads keys beside one another, all at once. */
  #scan(client: Client, at: Seat, first: number, count: number, keyCount: number, done: () => void): void {
    const last = Math.min(first + count, keyCount);
    let left = last - first;
    for (let number = first; number < last; number += 1) {
      this.#actions.read(client, at, `key-${number + 1}`, () => {
        left -= 1;
        if (left === 0) done();
      });
    }
  }
}

function pickWeighted(kinds: readonly (readonly [OperationKind, number])[], random: Random): OperationKind {
  let left = random.fraction() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of kinds) {
    left -= weight;
    if (left < 0) return kind;
  }
  return kinds.findLast(([, weight]) => weight > 0)?.[0] ?? 'read';
}
