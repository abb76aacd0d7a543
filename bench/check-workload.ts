/**
 * Histories for the bench of the checkers: sessions that work on replicas of a causal store with one value a key. What a
 * session writes reaches the others later and in causal order; of concurrent writes the one with the greater stamp wins
 * everywhere, so the history is CC and CCv (CM it need not be). Made from a seed, without the checkers.
 */

import type { RegisterHistory, RegisterOperation, SiblingHistory, SiblingOperation } from 'cairndb/testkit';
import { Random } from '../src/random.ts';

type Held = { readonly value: number; readonly stamp: number; readonly session: number };
type Write = { readonly key: number; readonly held: Held };

export type WorkloadSize = { readonly operations: number; readonly sessions: number; readonly keys: number };

/** Half reads, half writes, in equal sessions; a session takes in some of what it lacks at every fourth operation. */
export function registerWorkload({ operations, sessions, keys }: WorkloadSize, seed = 1): RegisterHistory {
  const random = new Random(seed);
  const log: Write[] = []; // in an order that agrees with causality, since it is the order of writing
  const replicas = Array.from({ length: sessions }, () => ({
    held: new Map<number, Held>(),
    taken: 0,
    done: [] as RegisterOperation[][],
  }));
  for (let at = 0; at < operations; at++) {
    const session = at % sessions;
    const replica = replicas[session];
    if (replica === undefined) break;
    if (random.chance(0.25)) {
      // A prefix of the log is a causal cut.
      const until = random.between(replica.taken, log.length);
      for (const { key, held } of log.slice(replica.taken, until)) take(replica.held, key, held);
      replica.taken = until;
    }
    const number = random.below(keys);
    const key = `k${number}`;
    if (random.chance(0.5)) {
      const held: Held = { value: at, stamp: at, session };
      take(replica.held, number, held);
      log.push({ key: number, held });
      replica.done.push([{ kind: 'write', key, value: at }]);
    } else replica.done.push([{ kind: 'read', key, value: replica.held.get(number)?.value ?? null }]);
  }
  return { sessions: replicas.map(({ done }, at) => ({ name: `s${at}`, transactions: done })) };
}

function take(held: Map<number, Held>, key: number, fresh: Held): void {
  const known = held.get(key);
  if (known === undefined || fresh.stamp > known.stamp) held.set(key, fresh);
}

type Version = {
  readonly dot: string;
  readonly key: number;
  readonly over: readonly string[];
  readonly isDelete: boolean;
};

/** The same with siblings kept: what a write was based on is what its replica showed; one write in five is a delete. */
export function siblingWorkload({ operations, sessions, keys }: WorkloadSize, seed = 1): SiblingHistory {
  const random = new Random(seed);
  const log: Version[] = [];
  const replicas = Array.from({ length: sessions }, () => ({
    held: new Map<number, readonly string[]>(),
    taken: 0,
    done: [] as SiblingOperation[],
  }));
  for (let at = 0; at < operations; at++) {
    const session = at % sessions;
    const replica = replicas[session];
    if (replica === undefined) break;
    if (random.chance(0.25)) {
      const until = random.between(replica.taken, log.length);
      for (const version of log.slice(replica.taken, until)) keep(replica.held, version, `s${session}:`);
      replica.taken = until;
    }
    const number = random.below(keys);
    const key = `k${number}`;
    const shown = replica.held.get(number) ?? [];
    if (random.chance(0.5)) {
      const version = { dot: `s${session}:${at}`, key: number, over: shown, isDelete: random.chance(0.2) };
      replica.held.set(number, [version.dot]);
      log.push(version);
      replica.done.push({ kind: version.isDelete ? 'delete' : 'put', key, dot: version.dot, context: shown });
    } else replica.done.push({ kind: 'get', key, shown });
  }
  return { sessions: replicas.map(({ done }, at) => ({ name: `s${at}`, operations: done })) };
}

/** What a replica wrote itself it holds already, or has superseded. */
function keep(held: Map<number, readonly string[]>, { dot, key, over }: Version, own: string): void {
  if (dot.startsWith(own)) return;
  held.set(key, [...(held.get(key) ?? []).filter((known) => !over.includes(known)), dot]);
}
