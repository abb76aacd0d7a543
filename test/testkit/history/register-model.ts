/**
 * The definitions of CC, CM and CCv as they are written (POPL 2017, section 3): is there a causal order, and are there
 * orders of what each operation knows, that explain what was read? Tries every one. Slow and obvious; shares nothing with
 * the checkers.
 */

import type { RegisterHistory, RegisterOperation } from '../../../src/testkit/history/register-history.ts';

type Relation = readonly number[]; // of each operation, the set of those before it, as bits

type Flat = { readonly operations: readonly RegisterOperation[]; readonly sessionOf: readonly number[] };

function flatten(history: RegisterHistory): Flat {
  const operations: RegisterOperation[] = [];
  const sessionOf: number[] = [];
  for (const [session, { transactions }] of history.sessions.entries()) {
    for (const operation of transactions.flat()) {
      operations.push(operation);
      sessionOf.push(session);
    }
  }
  return { operations, sessionOf };
}

/** Whether each level holds. */
export function modelLevels(history: RegisterHistory): { cc: boolean; cm: boolean; ccv: boolean } {
  const flat = flatten(history);
  const orders = partialOrders(flat.operations.length).filter((order) => holdsSessions(order, flat));
  return {
    cc: orders.some((order) => flat.operations.every((_, at) => canExplain(flat, order, at, (of) => of === at))),
    cm: orders.some((order) =>
      flat.operations.every((_, at) =>
        canExplain(flat, order, at, (of) => of <= at && flat.sessionOf[of] === flat.sessionOf[at]),
      ),
    ),
    ccv: orders.some((order) =>
      linearExtensions(order, all(order.length)).some((total) => converges(flat, order, total)),
    ),
  };
}

function holdsSessions(order: Relation, { sessionOf }: Flat): boolean {
  return sessionOf.every((session, at) => at === 0 || sessionOf[at - 1] !== session || isIn(order[at], at - 1));
}

/** Some order of what the operation knows gives the operations chosen by `counts` the values they returned. */
function canExplain(flat: Flat, order: Relation, at: number, counts: (of: number) => boolean): boolean {
  const known = (order[at] ?? 0) | (1 << at);
  return linearExtensions(order, known).some((total) => {
    const held = new Map<string, unknown>();
    return total.every((of) => {
      const operation = flat.operations[of];
      if (operation === undefined) return false;
      if (operation.kind === 'read') return !counts(of) || (held.get(operation.key) ?? null) === operation.value;
      held.set(operation.key, operation.value);
      return true;
    });
  });
}

/** Every read returns what is last, in the one total order, of what it knows. */
function converges(flat: Flat, order: Relation, total: readonly number[]): boolean {
  return flat.operations.every((operation, at) => {
    if (operation.kind === 'write') return true;
    const writes = total.filter((of) => isIn(order[at], of) && isWriteOf(flat.operations[of], operation.key));
    return (flat.operations[writes.at(-1) ?? -1]?.value ?? null) === operation.value;
  });
}

function isWriteOf(operation: RegisterOperation | undefined, key: string): boolean {
  return operation?.kind === 'write' && operation.key === key;
}

function linearExtensions(order: Relation, of: number): number[][] {
  if (of === 0) return [[]];
  const extensions: number[][] = [];
  for (let last = 0; last < order.length; last++) {
    const isLast = isIn(of, last) && order.every((before, at) => !isIn(of, at) || !isIn(before, last));
    if (!isLast) continue;
    for (const rest of linearExtensions(order, of & ~(1 << last))) extensions.push([...rest, last]);
  }
  return extensions;
}

const made = new Map<number, readonly Relation[]>();

/** Every strict partial order of so many things: those of one fewer, with the new one put in everywhere it fits. */
export function partialOrders(size: number): readonly Relation[] {
  if (size === 0) return [[]];
  const known = made.get(size);
  if (known !== undefined) return known;
  const orders: Relation[] = [];
  const fresh = size - 1;
  for (const order of partialOrders(fresh)) {
    for (let below = 0; below < 1 << fresh; below++) {
      if (order.some((before, at) => isIn(below, at) && (before & ~below) !== 0)) continue;
      for (let above = 0; above < 1 << fresh; above++) {
        if ((above & below) !== 0) continue;
        const fits = order.every((before, at) =>
          isIn(above, at) ? (before & below) === below : (before & above) === 0,
        );
        if (fits)
          orders.push([...order.map((before, at) => (isIn(above, at) ? before | (1 << fresh) : before)), below]);
      }
    }
  }
  made.set(size, orders);
  return orders;
}

function all(size: number): number {
  return (1 << size) - 1;
}

function isIn(set: number | undefined, item: number): boolean {
  return ((set ?? 0) & (1 << item)) !== 0;
}
