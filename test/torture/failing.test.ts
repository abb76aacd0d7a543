import { describe, expect, test } from 'vitest';
import type { Dot } from '../../src/clock/dot.ts';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { FAILURES, type Failure, failingEngine, Trouble } from './failing-storage.ts';
import { payloadOf, shownBy, textOfDot } from './ledger.ts';
import { envOf, randomOf } from './story.ts';

/** How a write ended: with its dot, or refused for sure, or nobody knows. */
type End = {
  readonly key: string;
  readonly op: number;
  readonly end: 'done' | 'not-done' | 'unknown';
  readonly dot?: Dot;
};

const OPEN = { name: 'a', members: ['a', 'b'], onConflict: 'overwrite' } as const;
const WRITES = 36;
const CALLERS = 6;

/** Callers who write keys of their own, each its next when its last is answered; every third batch of two keys. */
async function workload(store: VersionedKVStore, ends: End[], offset = 0): Promise<void> {
  const call = async (caller: number): Promise<void> => {
    for (let turn = 0; turn < WRITES / CALLERS; turn += 1) {
      const op = offset + turn * CALLERS + caller;
      const keys = turn % 3 === 2 ? [`u${op}`, `v${op}`] : [`u${op}`];
      const shared = turn % 2 === 0 ? [`s${caller}`] : [];
      try {
        const operations = [...keys, ...shared].map((put) => ({ put, value: payloadOf(op) }));
        const written = await store.batch(operations);
        for (const [at, { put: key }] of operations.entries())
          ends.push({ key, op, end: 'done', dot: written[at]?.dot as Dot });
      } catch (error) {
        const { outcome } = typed(error);
        for (const key of [...keys, ...shared]) ends.push({ key, op, end: outcome });
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
}

/** The error, if it is one that a failing storage may cause. */
function typed(error: unknown): CausalError {
  if (!(error instanceof CausalError) || !error.code.startsWith('STORAGE_')) throw error;
  expect(['STORAGE_FULL', 'STORAGE_FAILED', 'STORAGE_UNREADABLE']).toContain(error.code);
  return error;
}

/** What the ends say, against what the store shows and what listeners were told. */
async function judge(store: VersionedKVStore, ends: readonly End[], where: string): Promise<void> {
  const { records } = await shownBy(store);
  const opAt = (key: string): number[] =>
    (records.get(key) ?? []).map(({ value }) => (value as { readonly op: number }).op);
  for (const { key, op, end } of ends) {
    const held = opAt(key);
    const isNewest = key.startsWith('u') || key.startsWith('v');
    const said = `${where}: ${key} of op ${op} was ${end}, the store holds ${held.join(' ')}`;
    if (end === 'done' && isNewest) expect(held, said).toEqual([op]);
    if (end === 'not-done') expect(held, said).not.toContain(op);
    if (!isNewest && end === 'done')
      expect(
        held.some((one) => one >= op),
        said,
      ).toBe(true);
  }
  // Batches are whole or absent.
  for (const { key, op } of ends) {
    if (key.startsWith('v')) expect(opAt(`v${op}`), `${where}: batch ${op}`).toEqual(opAt(`u${op}`));
  }
  const { isSound, faults } = await store.verify();
  expect(isSound, `${where}: ${JSON.stringify(faults)}`).toBe(true);
}

function usedOnce(ends: readonly End[], where: string): void {
  const dots = ends.flatMap(({ dot }) => (dot === undefined ? [] : [textOfDot(dot)]));
  expect(dots.length - new Set(dots).size, `${where}: dots used twice`).toBe(0);
}

async function commitsOf(): Promise<number> {
  const trouble = new Trouble();
  const store = await openStore({ ...OPEN, storage: failingEngine(memoryStorage(), trouble) });
  const before = trouble.commits;
  await workload(store, []);
  return trouble.commits - before;
}

/** Notes every key that the feed tells of; one that ends because nothing could be read is begun again where it was. */
async function follow(store: VersionedKVStore, fed: Set<string>): Promise<void> {
  for (let after: string | undefined; !store.isClosed; ) {
    try {
      for await (const change of store.changes(after === undefined ? {} : { after })) {
        if (change.kind === 'change') fed.add(change.key);
        after = change.token;
      }
    } catch (error) {
      if (!store.isClosed) typed(error);
    }
  }
}

/** A store on a medium that another engine can be put before, with listeners; `run` may make it fail. */
async function play(where: string, run: (store: VersionedKVStore, trouble: Trouble, ends: End[]) => Promise<void>) {
  const medium: StorageEngine = memoryStorage();
  const trouble = new Trouble();
  const ends: End[] = [];
  const store = await openStore({ ...OPEN, storage: failingEngine(medium, trouble), env: envOf(randomOf(1)) });
  const told = new Map<string, number>();
  const tellOf = (keys: readonly string[]): void => {
    for (const key of keys) told.set(key, (told.get(key) ?? 0) + 1);
  };
  store.subscribe(tellOf);
  const fed = new Set<string>();
  const feeding = follow(store, fed);
  await run(store, trouble, ends);
  trouble.end();
  await workload(store, ends, 1_000);
  expect(
    ends.filter(({ op, end }) => op >= 1_000 && end !== 'done'),
    `${where}: the storage works again`,
  ).toEqual([]);
  await judge(store, ends, `${where}, at once`);
  usedOnce(ends, where);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const there = new Set((await shownBy(store)).records.keys());
  for (const key of [...told.keys(), ...fed])
    expect(there.has(key), `${where}: told of ${key}, which never was`).toBe(true);
  for (const { key, end } of ends) {
    if (end !== 'done') continue;
    expect(told.has(key), `${where}: nobody was told of ${key}`).toBe(true);
    expect(fed.has(key), `${where}: the feed was not told of ${key}`).toBe(true);
  }
  await store.close();
  await feeding;
  const again = await openStore({ ...OPEN, storage: medium, env: envOf(randomOf(2)) });
  await judge(again, ends, `${where}, opened again`);
  const more: End[] = [];
  await workload(again, more, 2_000);
  usedOnce([...ends, ...more], `${where}, opened again`);
  const peer = await openStore({ ...OPEN, name: 'b' });
  await exchange(again, peer);
  const [one, other] = [await shownBy(again), await shownBy(peer)];
  expect(JSON.stringify([...other.records].sort()), where).toBe(JSON.stringify([...one.records].sort()));
  await again.close();
}

describe('failing storage', () => {
  test.each(FAILURES)('a commit that is %s, at every place of a workload', async (how: Failure) => {
    const commits = await commitsOf();
    expect(commits).toBeGreaterThan(WRITES / CALLERS - 1);
    for (let at = 0; at < commits; at += 1) {
      await play(`commit ${at} ${how}`, async (store, trouble, ends) => {
        trouble.commitFails(at, how);
        await workload(store, ends);
        const failed = ends.filter(({ end }) => end !== 'done');
        expect(failed.length, `${how} at ${at}`).toBeGreaterThan(0);
        if (how === 'full')
          expect(
            failed.every(({ end }) => end === 'not-done'),
            `${how} at ${at}`,
          ).toBe(true);
      });
    }
  });

  test('several commits that fail one after another', async () => {
    const random = randomOf(20_261_122);
    for (let turn = 0; turn < 60; turn += 1) {
      const planned = Array.from({ length: 8 }, () => FAILURES[Math.floor(random() * FAILURES.length)] as Failure);
      const gap = 1 + Math.floor(random() * 2);
      await play(`turn ${turn}`, async (store, trouble, ends) => {
        for (const [at, how] of planned.entries()) trouble.commitFails(at * gap, how);
        await workload(store, ends);
      });
    }
  });

  test('a read that fails is STORAGE_UNREADABLE to its caller, and nobody else is hurt', async () => {
    const medium = memoryStorage();
    const first = await openStore({ ...OPEN, storage: medium });
    for (let at = 0; at < 20; at += 1) await first.put(`k${at}`, payloadOf(at));
    await first.delete('k3');
    await first.close();
    for (let at = 0; at < 25; at += 1) {
      const trouble = new Trouble();
      const store = await openStore({ ...OPEN, storage: failingEngine(medium, trouble) });
      trouble.readFails(at);
      let failures = 0;
      const attempt = async (step: () => Promise<unknown>): Promise<void> => {
        try {
          await step();
        } catch (error) {
          expect(typed(error).code, `read ${at}`).toBe('STORAGE_UNREADABLE');
          failures += 1;
        }
      };
      for (let key = 0; key < 20; key += 1) {
        await attempt(async () => {
          const { status } = await store.get(`k${key}`);
          expect(status, `read ${at}`).toBe(key === 3 ? 'deleted' : 'live');
        });
      }
      await attempt(() => store.put('more', payloadOf(100 + at)));
      await attempt(() => store.load());
      await attempt(async () => expect((await store.verify()).isSound).toBe(true));
      // Twenty keys, one that is new, two for everything: each read fails one caller.
      expect(failures, `read ${at}`).toBe(at < 23 ? 1 : 0);
      trouble.end();
      expect((await store.verify()).isSound, `read ${at}`).toBe(true);
      await store.close();
    }
  });

  test.each(FAILURES)('an exchange whose commit is %s is resumed by the next, and loses nothing', async (how) => {
    for (let at = 0; at < 12; at += 1) {
      const trouble = new Trouble();
      const medium = memoryStorage();
      const a = await openStore({ ...OPEN, storage: failingEngine(medium, trouble) });
      const b = await openStore({ ...OPEN, name: 'b', storage: memoryStorage() });
      for (let key = 0; key < 5; key += 1) {
        await a.put(`a${key}`, payloadOf(key));
        await b.put(`b${key}`, payloadOf(key));
        await b.put(`s${key}`, payloadOf(key));
        await a.put(`s${key}`, payloadOf(100 + key));
      }
      trouble.commitFails(at, how);
      for (let turn = 0; turn < 6; turn += 1) {
        await exchange(a, b).catch(typed);
        await a.put('s1', payloadOf(1_000 + turn)).catch(typed);
        await b.delete('s2');
        await a.reap().catch(typed);
      }
      trouble.end();
      await exchange(a, b);
      const [one, other] = [await shownBy(a), await shownBy(b)];
      const where = `commit ${at} ${how}`;
      expect(one.seen.equals(other.seen), where).toBe(true);
      for (const key of ['a0', 'b0', 's0', 's4']) {
        expect((await a.get(key)).status, `${where} ${key}`).toBe((await b.get(key)).status);
        expect(JSON.stringify(one.records.get(key)), `${where} ${key}`).toBe(JSON.stringify(other.records.get(key)));
      }
      expect(one.records.get('s0')?.length, where).toBe(2);
      expect((await a.verify()).isSound && (await b.verify()).isSound, where).toBe(true);
      await a.close();
      const again = await openStore({ ...OPEN, storage: medium });
      expect((await again.verify()).isSound, where).toBe(true);
      expect((await shownBy(again)).seen.equals(one.seen), where).toBe(true);
    }
  });
});
