/**
 * A small causal store with siblings and tombstones, and sessions that use it and write down what they did. It is written
 * from section 2 of docs/semantics.md, with sets of dots and nothing clever; `fault` takes one rule away.
 */

import type { Random } from '../../../src/random.ts';
import type { SiblingHistory, SiblingOperation } from '../../../src/testkit/history/sibling-history.ts';

/** `forgets`: a merge takes in versions it has superseded. `drops`: of siblings one is kept. */
export type Fault = 'forgets' | 'drops';

type Dot = { readonly name: string; readonly key: string; readonly isDelete: boolean };
type Replica = { readonly seen: Set<Dot>; readonly held: Map<string, Set<Dot>> };
type Session = {
  readonly name: string;
  readonly operations: SiblingOperation[];
  replica: Replica;
  seen: ReadonlySet<Dot>;
  readonly tokens: Map<string, ReadonlySet<Dot>>;
};

/** A history of so many steps that holds, unless there is a fault. */
export function simulateSiblings(random: Random, steps: number, fault?: Fault): SiblingHistory {
  const replicas = Array.from({ length: 3 }, (): Replica => ({ seen: new Set(), held: new Map() }));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[random.below(items.length)];
    if (item === undefined) throw new RangeError('Cannot pick from nothing');
    return item;
  };
  const sessions = ['p', 'q', 'r', 's'].map(
    (name): Session => ({ name, operations: [], replica: pick(replicas), seen: new Set(), tokens: new Map() }),
  );
  const keys = ['k', 'k', 'l'];
  let made = 0;
  for (let step = 0; step < steps; step++) {
    const [session, key] = [pick(sessions), pick(keys)];
    const choice = random.fraction();
    if (choice < 0.2) merge(pick(replicas), pick(replicas), fault);
    else if (choice < 0.25) reap(replicas);
    else if (choice < 0.35) hop(session, pick(replicas));
    else if (choice < 0.65) read(session, key);
    else {
      made += 1;
      write(session, { name: `d${made}`, key, isDelete: random.chance(0.3) }, random, fault);
    }
  }
  for (let round = 0; round < 2; round++) for (const a of replicas) for (const b of replicas) merge(a, b, fault);
  for (const [at, replica] of replicas.entries()) {
    const operations = ['k', 'l'].map(
      (key): SiblingOperation => ({ kind: 'get', key, shown: shownBy(replica, key), isFinal: true }),
    );
    sessions.push({ name: `replica${at}`, operations, replica, seen: new Set(), tokens: new Map() });
  }
  return { sessions: sessions.map(({ name, operations }) => ({ name, operations })) };
}

function shownBy({ held }: Replica, key: string): string[] {
  return [...(held.get(key) ?? [])].map(({ name }) => name);
}

function read(session: Session, key: string): void {
  session.operations.push({ kind: 'get', key, shown: shownBy(session.replica, key) });
  session.tokens.set(key, new Set(session.replica.seen));
  session.seen = new Set(session.replica.seen);
}

/** Based on what the replica knows, on nothing, or on what the session read some time ago. */
function write(session: Session, dot: Dot, random: Random, fault: Fault | undefined): void {
  const { replica } = session;
  const choice = random.below(4);
  const based =
    choice === 3 ? new Set<Dot>() : choice === 2 ? (session.tokens.get(dot.key) ?? new Set<Dot>()) : replica.seen;
  const context = [...based].filter(({ key }) => key === dot.key);
  const kept = [...(replica.held.get(dot.key) ?? [])].filter((version) => !context.includes(version));
  replica.held.set(dot.key, new Set(fault === 'drops' ? [dot] : [...kept, dot]));
  replica.seen.add(dot);
  session.seen = new Set(replica.seen);
  session.operations.push({
    kind: dot.isDelete ? 'delete' : 'put',
    key: dot.key,
    dot: dot.name,
    context: choice === 1 ? 'session' : context.map(({ name }) => name),
  });
}

/** `to` learns all that `from` knows: a version stays if both hold it, or if who lacks it has not seen it. */
function merge(to: Replica, from: Replica, fault: Fault | undefined): void {
  for (const key of new Set([...to.held.keys(), ...from.held.keys()])) {
    const [mine, theirs] = [to.held.get(key) ?? new Set<Dot>(), from.held.get(key) ?? new Set<Dot>()];
    const kept = [...mine].filter((dot) => theirs.has(dot) || !from.seen.has(dot));
    const taken = [...theirs].filter((dot) => !mine.has(dot) && (fault === 'forgets' || !to.seen.has(dot)));
    to.held.set(key, new Set([...kept, ...taken]));
  }
  for (const dot of from.seen) to.seen.add(dot);
}

/** Forgets records of nothing but tombstones that every replica has seen. */
function reap(replicas: readonly Replica[]): void {
  for (const { held } of replicas) {
    for (const [key, versions] of held) {
      const isOver = [...versions].every((dot) => dot.isDelete && replicas.every(({ seen }) => seen.has(dot)));
      if (isOver) held.delete(key);
    }
  }
}

/** To a replica that knows all that the session has seen. */
function hop(session: Session, replica: Replica): void {
  if ([...session.seen].every((dot) => replica.seen.has(dot))) session.replica = replica;
}
