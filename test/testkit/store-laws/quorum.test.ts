import { expect, test } from 'vitest';
import {
  type GroupUnderTest,
  LawBroken,
  quorumReads,
  type SessionStoreUnderTest,
  sessionGuarantees,
} from '../../../src/testkit/index.ts';

const parameters = { seed: 20_261_122, numRuns: 300 };

type Write = { readonly value: string; readonly seen: ReadonlySet<string> };
type Group = { readonly replicas: Map<string, Write>[]; readonly cut: Set<number> };

/** A group that asks and tells whom it can reach; `askOne`: it reads where it is, whatever R says. */
function group(askOne: boolean): GroupUnderTest<Group, ReadonlySet<string>> {
  const reached = ({ replicas, cut }: Group, at: number): Map<string, Write>[] =>
    replicas.filter((_, to) => to === at || (!cut.has(at) && !cut.has(to)));
  return {
    open: (replicas) => ({ replicas: Array.from({ length: replicas }, () => new Map()), cut: new Set() }),
    get: (all, at, _key, r) => {
      const near = reached(all, at);
      if (near.length < r) return undefined;
      const own = all.replicas[at];
      const asked = askOne && own !== undefined ? [own] : near.slice(0, r);
      const known = new Map(asked.flatMap((replica) => [...replica]));
      const writes = [...known.values()];
      const values = writes
        .filter(({ value }) => !writes.some(({ seen }) => seen.has(value)))
        .map(({ value }) => value);
      return { values, context: new Set([...known.keys(), ...writes.flatMap(({ seen }) => [...seen])]) };
    },
    put: (all, at, _key, value, context, w) => {
      const told = [...new Set([all.replicas[at], ...reached(all, at).toReversed()])].slice(0, w);
      for (const replica of told) replica?.set(value, { value, seen: context });
      return told.length >= w;
    },
    cut: ({ cut }, at, isCut) => (isCut ? cut.add(at) : cut.delete(at)),
  };
}

test('quorumReads holds for a group that asks as many as R says', () => quorumReads(group(false), parameters));

test('quorumReads finds a group that asks one, and shows the two steps', async () => {
  const error = await quorumReads(group(true), parameters).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LawBroken);
  expect(String(error)).toMatch(/L13 quorum reads: a read of \d at . shows nothing, and not v1\/\d, which \d of 3/);
  expect((error as LawBroken).witness).toHaveLength(2); // checked two lines above
});

type Sessions = { readonly known: Map<string, { readonly key: string; readonly seen: ReadonlySet<string> }> };

/** Replicas that know writes by name; the session is the names it has seen. `lies`: a replica never says it is behind. */
function sessions(lies: boolean, sendsAll: boolean = true): SessionStoreUnderTest<Sessions, ReadonlySet<string>> {
  const isBehind = ({ known }: Sessions, session: ReadonlySet<string> = new Set()): boolean =>
    !lies && [...session].some((name) => !known.has(name));
  const ofKey = ({ known }: Sessions, key: string): string[] =>
    [...known].flatMap(([name, write]) => (write.key === key ? [name] : []));
  const give = (from: Sessions, to: Sessions): void => {
    for (const [name, write] of sendsAll ? from.known : [...from.known].slice(-1)) to.known.set(name, write);
  };
  return {
    open: () => ({ known: new Map() }),
    get: (replica, key, session = new Set()) => {
      if (isBehind(replica, session)) return 'behind';
      const names = ofKey(replica, key);
      const values = names.filter((name) => !names.some((other) => replica.known.get(other)?.seen.has(name)));
      return { values, session: new Set([...session, ...names]) };
    },
    put: (replica, key, value, session = new Set()) => {
      if (isBehind(replica, session)) return 'behind';
      replica.known.set(value, { key, seen: new Set(ofKey(replica, key)) });
      return { session: new Set([...session, value]) };
    },
    sync: (a, b) => {
      give(a, b);
      give(b, a);
    },
  };
}

test('sessionGuarantees holds for replicas that say when they are behind', () =>
  sessionGuarantees(sessions(false), parameters));

test('sessionGuarantees finds a replica that answers although it is behind', async () => {
  const error = await sessionGuarantees(sessions(true), parameters).catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(/L15 session guarantees: . shows nothing for cart to a session that had seen v1/);
  expect((error as LawBroken).witness).toHaveLength(2); // the message is that of a LawBroken
});

test('sessionGuarantees finds writes of a session that arrive without those before them', async () => {
  const error = await sessionGuarantees(sessions(true, false), { ...parameters, numRuns: 1_000 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(String(error)).toContain('L15 session guarantees');
});
