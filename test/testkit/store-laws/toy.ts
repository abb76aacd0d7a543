/**
 * A replicated store in forty lines, right on purpose, and wrong in one way when asked: each replica keeps every write it
 * knows of, with what its writer had seen. What the laws of the kit say of it shows whether they bite.
 */

import type { StoreUnderTest } from '../../../src/testkit/index.ts';

type Write = {
  readonly name: string;
  readonly key: string;
  readonly value: string | undefined;
  readonly seen: ReadonlySet<string>;
};

export type Toy = {
  readonly name: string;
  known: Map<string, Write>;
  durable: Map<string, Write>;
  failing: boolean;
  alarmed: boolean;
  syncs: number;
  isDamaged: boolean;
};

export type Defect =
  | 'newest wins'
  | 'contexts are ignored'
  | 'deletes clear the key'
  | 'deletes are not kept'
  | 'values are made up'
  | 'deletes are never reaped'
  | 'sync is one way'
  | 'syncs are counted'
  | 'sync carries one key'
  | 'failed writes stay'
  | 'memory only'
  | 'damage goes unseen'
  | 'names are given twice';

const KEPT_BY_ALL = 3;

/** Right without a defect. */
export function toyStore(defect?: Defect): StoreUnderTest<Toy, ReadonlySet<string>> {
  const is = (which: Defect): boolean => defect === which;
  let writes = 0;
  let all: Toy[] = [];
  const add = (toy: Toy, write: Write): void => {
    if (toy.failing) {
      toy.failing = false;
      if (is('failed writes stay')) toy.known.set(write.name, write);
      throw new RangeError('no room');
    }
    toy.known.set(write.name, write);
    toy.durable = is('memory only') ? new Map() : new Map(toy.known);
  };
  const shown = (toy: Toy, key: string): Write[] => {
    const ofKey = [...toy.known.values()].filter((write) => write.key === key);
    const visible = ofKey.filter(({ name }) => !ofKey.some(({ seen }) => seen.has(name)));
    return is('newest wins') ? visible.slice(-1) : visible;
  };
  const give = (from: Toy, to: Toy): void => {
    const [first] = from.known.values();
    for (const write of from.known.values()) {
      if (is('sync carries one key') && write.key !== first?.key) continue;
      to.known.set(write.name, write);
    }
    to.durable = is('memory only') ? new Map() : new Map(to.known);
  };
  const newToy = (name: string): Toy => ({
    name,
    known: new Map(),
    durable: new Map(),
    failing: false,
    alarmed: false,
    syncs: 0,
    isDamaged: false,
  });
  return {
    open: (name) => {
      const toy = newToy(name);
      if (name === 'a') all = [];
      all.push(toy);
      return toy;
    },
    get: (toy, key) => {
      if (toy.isDamaged) throw new RangeError('damaged');
      const ofKey = [...toy.known.values()].filter((write) => write.key === key);
      const values = shown(toy, key).flatMap(({ value }) => (value === undefined ? [] : [value]));
      const extra = is('values are made up') && values.length > 1 ? ['both'] : [];
      return { values: [...values, ...extra], context: new Set(ofKey.flatMap(({ name, seen }) => [name, ...seen])) };
    },
    put: (toy, key, value, context = new Set()) =>
      add(toy, { name: `${++writes}`, key, value, seen: is('contexts are ignored') ? new Set() : context }),
    delete: (toy, key, context) => {
      const local = [...toy.known.values()].filter((write) => write.key === key).map(({ name }) => name);
      const seen = is('deletes clear the key') ? new Set([...context, ...local]) : context;
      if (is('deletes are not kept')) for (const name of seen) toy.known.delete(name);
      else add(toy, { name: `${++writes}`, key, value: undefined, seen });
    },
    sync: (one, other) => {
      const clash = one !== other && one.name === other.name && !is('names are given twice');
      if (clash) one.alarmed = true;
      one.syncs += 1;
      one.isDamaged = false;
      other.isDamaged = false;
      give(one, other);
      if (!is('sync is one way')) give(other, one);
    },
    restart: (toy) => {
      toy.known = new Map(toy.durable);
      return toy;
    },
    reap: (toy) => {
      if (is('deletes are never reaped')) return;
      for (const write of toy.known.values()) {
        const isStable = all.length >= KEPT_BY_ALL && all.every(({ known }) => known.has(write.name));
        if (write.value !== undefined || !isStable) continue;
        // Everybody knows the delete: it goes everywhere at once, with what it had seen.
        for (const { known, durable } of all)
          for (const gone of [write.name, ...write.seen]) {
            known.delete(gone);
            durable.delete(gone);
          }
      }
    },
    remains: (toy) => [...toy.known.values()].filter(({ value }) => value === undefined).length,
    digest: (toy) => `${[...toy.known.keys()].sort().join()}${is('syncs are counted') ? ` ${toy.syncs}` : ''}`,
    failNext: (toy) => {
      toy.failing = true;
    },
    outcomeOf: (error) => (error instanceof RangeError ? 'not-done' : undefined),
    damage: (toy, key) => {
      if (is('damage goes unseen')) {
        for (const [name, write] of toy.known) if (write.key === key) toy.known.set(name, { ...write, value: 'rot' });
        return toy;
      }
      // The checksums tell, so everything goes and comes back from the others.
      toy.known = new Map();
      toy.isDamaged = true;
      return toy;
    },
    clone: (toy) => ({ ...newToy(toy.name), known: new Map(toy.known), durable: new Map(toy.durable) }),
    isAlarmed: (toy) => toy.alarmed,
  };
}
