/**
 * L15 for sessions of somebody's own: a client that moves between replicas sees its writes, never goes back, and its writes
 * are seen in their order and after what it had read; or it is told that the replica is behind.
 */

import fc from 'fast-check';
import { Operations } from '../../model/operations.ts';
import { exchangeModels, ModelReplica } from '../../model/oracle.ts';
import { checkLawAsync, demand, type LawParameters } from '../laws/check.ts';
import { replicaName } from './program.ts';

type Perhaps<T> = T | Promise<T>;

/** A store with sessions: `R` is a replica, `S` what a session is carried in from replica to replica. */
export type SessionStoreUnderTest<R, S> = {
  readonly open: (name: string) => Perhaps<R>;
  /** Reads in a session; undefined begins one. `behind`: the replica has not seen yet what the session has. */
  readonly get: (
    replica: R,
    key: string,
    session: S | undefined,
  ) => Perhaps<{ readonly values: readonly string[]; readonly session: S } | 'behind'>;
  /** Writes in a session, on top of what the replica shows. */
  readonly put: (
    replica: R,
    key: string,
    value: string,
    session: S | undefined,
  ) => Perhaps<{ readonly session: S } | 'behind'>;
  readonly sync: (a: R, b: R) => unknown;
  readonly close?: (replica: R) => unknown;
};

type SessionStep =
  | { readonly do: 'get' | 'put' | 'look'; readonly at: number; readonly key: string }
  | { readonly do: 'sync'; readonly at: number; readonly to: number };

/** L15: read your writes, monotonic reads, monotonic writes, writes follow reads, or an explicit `behind`; and nobody is behind whom all have met. Throws: LawBroken. */
export async function sessionGuarantees<R, S>(
  subject: SessionStoreUnderTest<R, S>,
  parameters?: LawParameters,
): Promise<void> {
  const at = fc.nat({ max: 2 });
  const key = fc.constantFrom('cart', 'name');
  const step: fc.Arbitrary<SessionStep> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom<('get' | 'put' | 'look')[]>('get', 'put', 'look'), at, key }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('sync'), at, to: fc.integer({ min: 1, max: 2 }) }),
    },
  );
  const holds = async (steps: readonly SessionStep[]): Promise<void> => {
    const client = new Client(subject);
    await client.open();
    try {
      for (const one of steps) await client.step(one);
      await client.end();
    } finally {
      await client.close();
    }
  };
  await checkLawAsync('L15 session guarantees', fc.array(step, { maxLength: 14 }), holds, parameters, (steps) =>
    steps.map(print).join('\n  '),
  );
}

/** One client on three replicas, beside the model of what it and they know. */
class Client<R, S> {
  readonly #subject: SessionStoreUnderTest<R, S>;
  readonly #replicas: R[] = [];
  readonly #operations = new Operations();
  readonly #models = [0, 1, 2].map(() => new ModelReplica(this.#operations));
  /** The writes that this client made or was shown, and for each of its own what it knew before. */
  readonly #seen = new Map<string, string>();
  readonly #before = new Map<string, ReadonlyMap<string, string>>();
  #session: S | undefined;
  #puts = 0;

  constructor(subject: SessionStoreUnderTest<R, S>) {
    this.#subject = subject;
  }

  async open(): Promise<void> {
    for (const at of [0, 1, 2]) this.#replicas.push(await this.#subject.open(replicaName(at)));
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas) await this.#subject.close?.(replica);
  }

  async step(step: SessionStep): Promise<void> {
    if (step.do === 'sync') await this.#sync(step.at, (step.at + step.to) % 3);
    else if (step.do === 'look') await this.#look(step.at, step.key);
    else if ((await this.#read(step.at, step.key)) && step.do === 'put') await this.#write(step.at, step.key);
  }

  async end(): Promise<void> {
    for (const [a, b] of [[0, 1] as const, [1, 2] as const, [0, 1] as const]) await this.#sync(a, b);
    for (const at of [0, 1, 2]) {
      for (const key of ['cart', 'name']) {
        demand(await this.#read(at, key), `all have met, and ${replicaName(at)} says that it is behind`);
        await this.#look(at, key);
      }
    }
  }

  async #sync(a: number, b: number): Promise<void> {
    await this.#subject.sync(this.#replica(a), this.#replica(b));
    exchangeModels(this.#model(a), this.#model(b));
  }

  /** Reads in the session; false when the replica is behind. */
  async #read(at: number, key: string): Promise<boolean> {
    const answer = await this.#subject.get(this.#replica(at), key, this.#session);
    if (answer === 'behind') return false;
    this.#learn(at, key, answer.values);
    for (const [name, ofKey] of this.#seen)
      demand(
        ofKey !== key || answer.values.includes(name) || this.#isCovered(key, name),
        `${replicaName(at)} shows ${answer.values.join(' and ') || 'nothing'} for ${key} to a session that had seen ${name}`,
      );
    for (const value of answer.values) this.#seen.set(value, key);
    this.#session = answer.session;
    return true;
  }

  async #write(at: number, key: string): Promise<void> {
    const name = `v${++this.#puts}`;
    const before = new Map(this.#seen);
    const answer = await this.#subject.put(this.#replica(at), key, name, this.#session);
    if (answer === 'behind') return;
    this.#model(at).write({ name, key, tombstone: false, value: name, context: 'local' });
    this.#before.set(name, before);
    this.#seen.set(name, key);
    this.#session = answer.session;
  }

  /** Somebody else, without a session, reads: the writes of the session are there in their order, after what it had read. */
  async #look(at: number, key: string): Promise<void> {
    const shown = await this.#plain(at, key);
    for (const value of shown) {
      for (const [name, ofKey] of this.#before.get(value) ?? []) {
        const there = await this.#plain(at, ofKey);
        demand(
          there.includes(name) || this.#isCovered(ofKey, name),
          `${replicaName(at)} shows ${value}, but for ${ofKey} not ${name}, which its writer had seen before`,
        );
      }
    }
  }

  async #plain(at: number, key: string): Promise<readonly string[]> {
    const answer = await this.#subject.get(this.#replica(at), key, undefined);
    demand(answer !== 'behind', `${replicaName(at)} says that it is behind a session that has seen nothing`);
    if (answer === 'behind') return [];
    this.#learn(at, key, answer.values);
    return answer.values;
  }

  #learn(at: number, key: string, values: readonly string[]): void {
    for (const value of values) {
      demand(this.#operations.has(value), `${replicaName(at)} shows ${value} for ${key}, which nobody wrote`);
      this.#model(at).receive(key, [...this.#operations.get(value).context, value]);
    }
  }

  #isCovered(key: string, name: string): boolean {
    return this.#operations.of(key).some(({ context }) => context.has(name));
  }

  #replica(at: number): R {
    return this.#replicas[at] as R; // there are three
  }

  #model(at: number): ModelReplica {
    return this.#models[at] as ModelReplica; // there are three
  }
}

function print(step: SessionStep): string {
  switch (step.do) {
    case 'sync':
      return `sync ${replicaName(step.at)} and ${replicaName((step.at + step.to) % 3)}`;
    case 'look':
      return `${replicaName(step.at)}: somebody else reads ${step.key}`;
    case 'get':
      return `${replicaName(step.at)}: the session reads ${step.key}`;
    case 'put':
      return `${replicaName(step.at)}: the session reads and puts ${step.key}`;
  }
}
