import { expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { CausalError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { seenBy } from '../../src/store/membership.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { Way } from '../../src/testkit/schedule/ways.ts';
import { expectSame, open, SEED } from '../store/replicas.ts';
import { FAILURES, failingEngine, Trouble } from './failing-storage.ts';

const RUNS = 30;
const STEPS = 120;
const NAMES = ['a', 'b', 'c', 'd'];

type Store = VersionedKVStore<string>;
type Push = Way<string, undefined>;

/** What callers were told of their writes: each is of a key of its own. */
class Told {
  readonly written: string[] = [];
  readonly refused: string[] = [];
  readonly deleted: Set<string> = new Set<string>();
  readonly unknown: Set<string> = new Set<string>();
  #made = 0;

  async put(store: Store): Promise<void> {
    this.#made += 1;
    const key = `k${this.#made}`;
    try {
      await store.put(key, 'v');
      this.written.push(key);
    } catch (error) {
      if (!(error instanceof CausalError)) throw error;
      if (error.outcome === 'not-done') this.refused.push(key);
    }
  }

  async delete(store: Store, key: string): Promise<void> {
    try {
      if ((await store.get(key)).status !== 'live') return;
      await store.delete(key);
      this.deleted.add(key);
    } catch {
      this.unknown.add(key);
    }
  }

  async check(store: Store): Promise<void> {
    const statusOf = async (key: string): Promise<string> => (await store.get(key)).status;
    for (const key of this.refused) expect([key, await statusOf(key)]).toEqual([key, 'absent']);
    for (const key of this.written) {
      const isLive = (await statusOf(key)) === 'live';
      if (!this.unknown.has(key)) expect([key, isLive]).toEqual([key, !this.deleted.has(key)]);
    }
  }
}

/** The links of all with all, whose frames and answers a run moves as it likes. */
class Links {
  readonly ways = new Map<string, Push>();
  readonly #stores: readonly Store[];
  readonly #random: Random;
  readonly #drawing = new Set<Push>();
  acks = 0;

  constructor(stores: readonly Store[], random: Random) {
    this.#stores = stores;
    this.#random = random;
  }

  async meet(i: number, j: number): Promise<void> {
    const [one, two] = [this.#stores[i] as Store, this.#stores[j] as Store]; // both are below the number of stores
    await exchange(one, two);
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const name = `${from.name}>${to.name}`;
      const way = this.ways.get(name) ?? new Way<string, undefined>(from, to, () => this.#random.chance(0.7));
      this.ways.set(name, way);
      way.sender.start(seenBy(stateOf(from).membership, to.id) ?? DotSet.empty);
    }
  }

  /** Something at the sending end, while something else happens at the receiving end. */
  async move(way: Push): Promise<void> {
    await Promise.all([this.#draw(way), this.#receive(way)]);
  }

  async #draw(way: Push): Promise<void> {
    const answer = this.#random.chance(0.7) ? way.answers.shift() : undefined;
    if (answer?.kind === 'ack') way.sender.acked(answer.number);
    if (answer?.kind === 'want') way.sender.wanted(answer.number);
    if (answer?.kind === 'lost') way.sender.stop();
    if (this.#drawing.has(way) || !way.sender.hasRoom || !['now', 'later'].includes(way.sender.due())) return;
    this.#drawing.add(way);
    await way.draw(() => undefined).catch(() => way.sender.stop());
    this.#drawing.delete(way);
  }

  async #receive(way: Push): Promise<void> {
    try {
      const what = this.#random.below(8);
      const frame = what < 5 ? way.frames.shift() : undefined;
      if (frame !== undefined) await way.receiver.take(frame.bytes);
      if (what === 6) await way.receiver.retry();
      if (what === 7 && way.waiting !== undefined) await way.receiver.expire(way.waiting);
    } catch (error) {
      if (!(error instanceof CausalError) || !error.code.startsWith('STORAGE')) throw error;
      // What a shell does: the link ends.
      way.sender.stop();
      way.frames.length = 0;
      way.answers.length = 0;
    }
    for (const { answer } of way.takeGiven()) {
      if (answer.kind !== 'ack') continue;
      this.acks += 1;
      this.ways.get(`${way.to.name}>${way.from.name}`)?.sender.heard(answer.seen);
    }
  }
}

const tick = (): Promise<unknown> => new Promise(setImmediate);

async function run(seed: number): Promise<number> {
  const random = new Random(seed);
  const troubles = Array.from({ length: random.between(2, 4) }, () => new Trouble());
  const members = NAMES.slice(0, troubles.length);
  const stores = await Promise.all(
    troubles.map((trouble, at) =>
      open<string>(members[at], { members, storage: failingEngine(memoryStorage(), trouble) }),
    ),
  );
  const links = new Links(stores, random);
  const told = new Told();
  for (let i = 0; i < stores.length; i += 1) for (let j = 0; j < i; j += 1) await links.meet(i, j);
  const all = [...links.ways.values()];
  const underWay: Promise<unknown>[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const at = random.below(stores.length);
    const store = stores[at] as Store; // below their number
    const what = random.below(20);
    const key = told.written[random.below(told.written.length)];
    if (what < 5) underWay.push(told.put(store));
    else if (what < 7 && key !== undefined) underWay.push(told.delete(store, key));
    else if (what === 7) troubles[at]?.commitFails(random.below(2), random.pick(FAILURES));
    else if (what === 8) underWay.push(store.reap({ force: random.chance(0.3) }).catch(() => undefined));
    else if (what === 9) underWay.push(links.meet(at, (at + 1) % stores.length).catch(() => undefined));
    else underWay.push(links.move(random.pick(all)));
    if (random.chance(0.5)) await tick();
  }
  await Promise.all(underWay);
  for (const trouble of troubles) trouble.end();
  for (let round = 0; round < 3; round += 1)
    for (let i = 0; i < stores.length; i += 1)
      for (let j = 0; j < i; j += 1) {
        const met = exchange(stores[i] as Store, stores[j] as Store); // both are below their number
        // The first may find out what became of a commit.
        await (round === 0 ? met.catch(() => undefined) : met);
      }
  // Who has reaped a tombstone already need not wait for the others.
  for (const store of stores) await store.reap();
  for (const store of stores) {
    await told.check(store);
    expectSame(store, stores[0] as Store); // there are two at least
    expect((await store.verify()).faults).toEqual([]);
  }
  return links.acks;
}

test(`PushSender and PushReceiver lose nothing in ${RUNS} runs in which everything happens at once and commits fail`, {
  timeout: 120_000,
}, async () => {
  let acks = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed += 1) acks += await run(seed);
  expect(acks).toBeGreaterThan(RUNS);
});
