import { expect, it } from 'vitest';
import { formatDot } from '../../../src/clock/dot.ts';
import { Random } from '../../../src/random.ts';
import { exchange } from '../../../src/repair/exchange-local.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../../src/store/versioned-kv-store.ts';
import { checkSiblings } from '../../../src/testkit/history/check-siblings.ts';
import type { SiblingOperation } from '../../../src/testkit/history/sibling-history.ts';

type Store = VersionedKVStore<number>;
type Session = { readonly name: string; readonly store: Store; readonly operations: SiblingOperation[] };

type Token = { readonly context: string; readonly shown: readonly string[] };

const KEYS = ['k', 'k', 'l', 'm'];

/** What a session does on its store, written down as it happened. */
async function step(random: Random, { store, operations }: Session, tokens: Map<string, Token>): Promise<void> {
  const key = KEYS[random.below(KEYS.length)] ?? 'k';
  const choice = random.below(8);
  if (choice < 4) {
    const { siblings, context } = await store.get(key);
    const shown = siblings.map(({ dot }) => formatDot(dot));
    tokens.set(key, { context, shown });
    operations.push({ kind: 'get', key, shown });
    return;
  }
  const isBlind = choice === 4;
  const stale = choice === 5 ? tokens.get(key) : undefined;
  const options = isBlind ? { context: 'none' } : stale === undefined ? {} : { context: stale.context };
  const isDelete = random.chance(0.3);
  const { dot } = isDelete ? await store.delete(key, options) : await store.put(key, random.below(1_000), options);
  // A token covers more than its read showed, but nobody outside the store can say what.
  const context = isBlind ? [] : stale === undefined ? 'session' : { atLeast: stale.shown };
  operations.push({ kind: isDelete ? 'delete' : 'put', key, dot: formatDot(dot), context });
}

async function history(seed: number, steps: number): Promise<Session[]> {
  const random = new Random(seed);
  const names = ['a', 'b', 'c'];
  const stores: Store[] = [];
  for (const name of names)
    stores.push(await openStore<number>({ name, members: names, incarnation: `${seed}`, onConflict: 'overwrite' }));
  const sessions = stores.map((store, at): Session => ({ name: names[at] ?? '', store, operations: [] }));
  const tokens = sessions.map(() => new Map<string, Token>());
  for (let done = 0; done < steps; done++) {
    const at = random.below(3);
    const [session, other] = [sessions[at], sessions[(at + 1 + random.below(2)) % 3]];
    if (session === undefined || other === undefined) continue;
    if (random.chance(0.2)) await exchange(session.store, other.store, { oneWay: random.chance(0.3) });
    else if (random.chance(0.1)) await session.store.reap({ force: random.chance(0.3) });
    else await step(random, session, tokens[at] ?? new Map());
  }
  for (const from of stores) for (const to of stores) if (from !== to) await exchange(from, to);
  for (const { store, operations } of sessions)
    for (const key of ['k', 'l', 'm']) {
      const { siblings } = await store.get(key);
      operations.push({ kind: 'get', key, shown: siblings.map(({ dot }) => formatDot(dot)), isFinal: true });
    }
  for (const store of stores) await store.close();
  return sessions;
}

it('checkSiblings finds nothing in what stores do, whatever is exchanged and reaped', async () => {
  let [gets, conflicts] = [0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const sessions = await history(seed, 80);
    expect(checkSiblings({ sessions }), `seed ${seed}`).toEqual({ holds: true, violations: [] });
    const shown = sessions.flatMap(({ operations }) => operations).flatMap((o) => (o.kind === 'get' ? [o.shown] : []));
    gets += shown.length;
    conflicts += shown.filter(({ length }) => length > 1).length;
  }
  expect(gets).toBeGreaterThan(1_000);
  expect(conflicts).toBeGreaterThan(100);
});

it('checkSiblings finds what is wrong when a read of a store is changed', async () => {
  const sessions = await history(2, 80);
  let found = 0;
  for (const [at, session] of sessions.entries()) {
    for (const [place, operation] of session.operations.entries()) {
      if (operation.kind !== 'get' || operation.shown.length < 2 || operation.isFinal !== true) continue;
      const changed = session.operations.with(place, { ...operation, shown: operation.shown.slice(1) });
      if (!checkSiblings({ sessions: sessions.with(at, { ...session, operations: changed }) }).holds) found += 1;
    }
  }
  expect(found).toBeGreaterThan(0);
});
