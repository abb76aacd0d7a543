/**
 * What a causal store may show, as a question with every answer tried: is there an order of visibility, and are there
 * contexts that were not written down, under which every read shows exactly the versions it knows that nothing it knows
 * supersedes, tombstones that were reaped left out? Slow and obvious; shares nothing with the checker.
 */

import type { SiblingHistory, SiblingOperation } from '../../../src/testkit/history/sibling-history.ts';
import { partialOrders } from './register-model.ts';

type Known = { readonly operations: readonly SiblingOperation[]; readonly sessionOf: readonly number[] };

/** Whether a store can have shown this. */
export function canBeShown(history: SiblingHistory): boolean {
  const operations = history.sessions.flatMap((session) => session.operations);
  const sessionOf = history.sessions.flatMap((session, at) => session.operations.map(() => at));
  const known: Known = { operations, sessionOf };
  return partialOrders(operations.length).some((order) => {
    const before = (a: number, b: number): boolean => ((order[b] ?? 0) & (1 << a)) !== 0;
    if (!respects(known, before)) return false;
    return contextsOf(known, before).some((contexts) =>
      operations.every((operation, at) => operation.kind !== 'get' || explains(known, before, contexts, at)),
    );
  });
}

type Before = (a: number, b: number) => boolean;
type Contexts = ReadonlyMap<string, ReadonlySet<string>>;

/** Sessions, what was read and what writes were based on, all point forward. */
function respects({ operations, sessionOf }: Known, before: Before): boolean {
  const at = (dot: string): number =>
    operations.findIndex((operation) => operation.kind !== 'get' && operation.dot === dot);
  return operations.every((operation, b) => {
    if (b > 0 && sessionOf[b - 1] === sessionOf[b] && !before(b - 1, b)) return false;
    if (operation.kind === 'get') return operation.shown.every((dot) => before(at(dot), b));
    // That a write names a dot does not mean that its replica knew it, only that it was made earlier.
    const { context } = operation;
    const named = context === 'session' ? [] : 'atLeast' in context ? context.atLeast : context;
    return named.every((dot) => at(dot) !== -1 && !before(b, at(dot)));
  });
}

/** Every choice of what writes superseded that do not say it, with what follows from all of them. */
function contextsOf({ operations, sessionOf }: Known, before: Before): Contexts[] {
  let choices: Map<string, Set<string>>[] = [new Map()];
  for (const [at, operation] of operations.entries()) {
    if (operation.kind === 'get') continue;
    const { key, dot, context } = operation;
    const options: Set<string>[] = [];
    if (context === 'session' || 'atLeast' in context) {
      const least =
        context === 'session' ? seenInSession({ operations, sessionOf }, at, key) : new Set(context.atLeast);
      const more = operations.flatMap((other, b) =>
        other.kind !== 'get' && other.key === key && before(b, at) && !least.has(other.dot) ? [other.dot] : [],
      );
      for (let bits = 0; bits < 1 << more.length; bits++)
        options.push(new Set([...least, ...more.filter((_, bit) => (bits & (1 << bit)) !== 0)]));
    } else options.push(new Set(context));
    choices = choices.flatMap((chosen) => options.map((option) => new Map(chosen).set(dot, option)));
  }
  return choices.map(closed).filter((contexts) => [...contexts].every(([dot, older]) => !older.has(dot)));
}

function seenInSession({ operations, sessionOf }: Known, at: number, key: string): Set<string> {
  let seen = new Set<string>();
  for (let earlier = 0; earlier < at; earlier++) {
    const operation = operations[earlier];
    if (operation === undefined || sessionOf[earlier] !== sessionOf[at] || operation.key !== key) continue;
    if (operation.kind === 'get') seen = new Set(operation.shown);
    else seen.add(operation.dot);
  }
  return seen;
}

/** Who supersedes also supersedes what was superseded by it. */
function closed(contexts: Map<string, Set<string>>): Contexts {
  for (let round = 0; round < contexts.size; round++)
    for (const context of contexts.values())
      for (const dot of [...context]) for (const older of contexts.get(dot) ?? []) context.add(older);
  return contexts;
}

/** The read shows what it knows and nothing known supersedes; a tombstone may have been reaped. */
function explains({ operations }: Known, before: Before, contexts: Contexts, at: number): boolean {
  const read = operations[at];
  if (read?.kind !== 'get') return true;
  const writes = operations.flatMap((operation, b) =>
    operation.kind !== 'get' && operation.key === read.key && before(b, at) ? [operation] : [],
  );
  const left = writes.filter(({ dot }) => !writes.some((newer) => contexts.get(newer.dot)?.has(dot) === true));
  if (!read.shown.every((dot) => left.some((write) => write.dot === dot))) return false;
  const shown = new Set(read.shown);
  const isPut = (dot: string): boolean => left.some((write) => write.dot === dot && write.kind === 'put');
  return left.every(({ dot, kind }) => {
    if (shown.has(dot)) return true;
    if (kind === 'put') return false;
    // A tombstone beside a live sibling is not reaped while the sibling is there.
    return !operations.some(
      (other, b) =>
        other.kind === 'get' &&
        before(b, at) &&
        other.shown.includes(dot) &&
        other.shown.some((o) => shown.has(o) && isPut(o)),
    );
  });
}
