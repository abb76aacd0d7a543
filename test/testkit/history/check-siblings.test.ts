import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/random.ts';
import { checkSiblings } from '../../../src/testkit/history/check-siblings.ts';
import type { SiblingContext, SiblingHistory, SiblingOperation } from '../../../src/testkit/history/sibling-history.ts';
import { violationLines } from '../../../src/testkit/history/witness.ts';
import { canBeShown } from './sibling-model.ts';
import { simulateSiblings } from './sibling-store.ts';

type Context = SiblingContext;
const put = (dot: string, context: Context = [], key = 'k'): SiblingOperation => ({ kind: 'put', key, dot, context });
const del = (dot: string, context: Context = [], key = 'k'): SiblingOperation => ({
  kind: 'delete',
  key,
  dot,
  context,
});
const get = (...shown: string[]): SiblingOperation => ({ kind: 'get', key: 'k', shown });
const getOf = (key: string, ...shown: string[]): SiblingOperation => ({ kind: 'get', key, shown });
const final = (...shown: string[]): SiblingOperation => ({ kind: 'get', key: 'k', shown, isFinal: true });

function history(sessions: Record<string, SiblingOperation[]>): SiblingHistory {
  return { sessions: Object.entries(sessions).map(([name, operations]) => ({ name, operations })) };
}

function patterns(given: SiblingHistory): string[] {
  return checkSiblings(given).violations.map(({ pattern }) => pattern);
}

describe('checkSiblings', () => {
  it.each<[string, Record<string, SiblingOperation[]>]>([
    ['nothing at all', {}],
    ['siblings of writers that knew nothing of each other', { a: [put('1')], b: [put('2'), get('1', '2')] }],
    [
      'a delete beside a write',
      { a: [put('1'), get('1'), del('2', ['1'])], b: [get('1'), put('3', ['1']), get('2', '3')] },
    ],
    ['a tombstone shown, then reaped', { a: [put('1'), del('2', ['1']), get('2'), get()] }],
    [
      'a delete that this session never saw, reaped',
      { a: [put('1'), get('1'), get()], b: [get('1'), del('2', 'session')] },
    ],
    [
      'a write after a reaped delete, which says nothing of it',
      { a: [put('1'), get()], b: [get('1'), del('2', ['1']), get(), put('3')], c: [get('1'), get('3')] },
    ],
    [
      'what a replica knew and its session had not read',
      { a: [put('1')], b: [put('2', 'session')], c: [get('1'), get('2')] },
    ],
    [
      'what superseded it through a write nobody read',
      { a: [put('1'), get('3')], b: [put('2', ['1'])], c: [put('3', ['2'])] },
    ],
    ['final reads that agree but for reaped tombstones', { a: [put('1'), del('2', ['1']), final('2')], b: [final()] }],
  ])('checkSiblings allows %s', (_, sessions) => {
    expect(patterns(history(sessions))).toEqual([]);
    if (Object.values(sessions).flat().length <= 5) expect(canBeShown(history(sessions))).toBe(true);
  });

  it.each<[string, Record<string, SiblingOperation[]>]>([
    ['DuplicateDot', { a: [put('1')], b: [put('1')] }],
    ['ThinAirShown', { a: [get('1')] }],
    ['ThinAirShown', { a: [put('1', [], 'other'), get('1')] }],
    ['ThinAirContext', { a: [put('1', ['0'])] }],
    ['CyclicCO', { a: [get('1'), put('2', [], 'l')], b: [getOf('l', '2'), put('1')] }],
    ['CyclicContext', { a: [put('1', ['2'])], b: [put('2', ['1'])] }],
    ['CyclicContext', { a: [put('1', ['1'])] }],
    ['CyclicContext', { a: [put('1', ['2']), put('2')] }],
    ['FalseConflict', { a: [put('1')], b: [get('1'), put('2', ['1'])], c: [get('1', '2')] }],
    ['FalseConflict', { a: [put('1'), put('2', ['1']), put('3', ['2'])], c: [get('1', '3')] }],
    ['FalseConflict', { a: [put('1'), put('2', { atLeast: ['1'] }), get('1', '2')] }],
    ['Resurrection', { a: [put('1'), del('2', ['1']), get('1', '2'), get('1')] }],
    [
      'Resurrection',
      { a: [put('1')], b: [get('1'), del('2', ['1']), put('x', [], 'l')], c: [getOf('l', 'x'), get('1')] },
    ],
    ['Resurrection', { a: [put('1'), get('1'), get(), get('1')], b: [get('1'), del('2', ['1'])] }],
    ['ReadYourWrites', { a: [put('1'), get()] }],
    ['ReadYourWrites', { a: [put('1'), get('2')], b: [put('2')] }],
    ['MonotonicReads', { a: [put('1')], b: [get('1'), get()] }],
    ['MonotonicWrites', { a: [put('1'), put('x', [], 'l')], b: [getOf('l', 'x'), get()] }],
    ['WritesFollowReads', { a: [put('1')], b: [get('1'), put('x', [], 'l')], c: [getOf('l', 'x'), get()] }],
    [
      'LostWrite',
      {
        a: [put('1')],
        b: [get('1'), put('x', [], 'l')],
        c: [getOf('l', 'x'), put('y', [], 'm')],
        d: [getOf('m', 'y'), get()],
      },
    ],
    [
      'HiddenConflict',
      { a: [put('1')], b: [get('1'), del('2', ['1'])], c: [get('1'), put('3', ['1']), get('2', '3'), get('3')] },
    ],
    ['Divergence', { a: [put('1'), final('1')], b: [put('2'), final('1', '2')] }],
  ])('checkSiblings names %s', (pattern, sessions) => {
    expect(patterns(history(sessions))).toContain(pattern);
    const isSmall = Object.values(sessions).flat().length <= 5;
    if (isSmall && !['DuplicateDot', 'Divergence'].includes(pattern)) expect(canBeShown(history(sessions))).toBe(false);
  });

  it('checkSiblings does not take a tombstone for lost when everything it stood beside is gone', () => {
    const sessions = {
      a: [put('1'), get('1'), del('2', ['1'])],
      b: [get('1'), put('3', ['1']), get('2', '3'), del('4', ['3']), get('4')],
    };
    expect(patterns(history(sessions))).toEqual([]);
  });

  it('checkSiblings shows a resurrection line by line', () => {
    const { violations } = checkSiblings(
      history({ a: [put('1'), put('9', [], 'l')], b: [get('1'), del('2', ['1']), get('2'), get('1')] }),
    );
    expect(violations.flatMap(violationLines)).toEqual([
      'Resurrection: L10: a read shows a version that its causal past knows to be superseded.',
      '  1. session a #0 put k 1',
      '     ↓ superseded by',
      '  2. session b #1 delete k 2 over 1',
      '     ↓ session order',
      '  3. session b #3 get k shows 1',
      '     ↑ back to 1: returns what it wrote',
    ]);
  });
});

describe('checkSiblings and a store', () => {
  const seeds = Array.from({ length: 400 }, (_, seed) => seed);

  it('checkSiblings finds nothing in what a causal store does', () => {
    let conflicts = 0;
    for (const seed of seeds) {
      const given = simulateSiblings(new Random(seed), 60);
      conflicts += given.sessions
        .flatMap(({ operations }) => operations)
        .filter((o) => o.kind === 'get' && o.shown.length > 1).length;
      expect(checkSiblings(given), `seed ${seed}`).toEqual({ holds: true, violations: [] });
    }
    expect(conflicts).toBeGreaterThan(1_000);
  });

  it('checkSiblings finds the resurrections of a store that takes in what it has superseded', () => {
    const found = seeds.flatMap((seed) => patterns(simulateSiblings(new Random(seed), 60, 'forgets')));
    expect(new Set(found)).toContain('Resurrection');
    expect(new Set(found)).toContain('FalseConflict');
  });

  it('checkSiblings finds the lost writes of a store that keeps one of several siblings', () => {
    const found = new Set(seeds.flatMap((seed) => patterns(simulateSiblings(new Random(seed), 60, 'drops'))));
    expect([...found]).toEqual(expect.arrayContaining(['MonotonicReads', 'ReadYourWrites']));
  });
});

/** Changes one operation of a history that holds so that a pattern is in it; undefined where there is no place for it. */
type Mutation = (operations: SiblingOperation[]) => SiblingOperation[] | undefined;

const isGet = (operation: SiblingOperation | undefined): operation is SiblingOperation & { kind: 'get' } =>
  operation?.kind === 'get' && operation.isFinal !== true;

/** Mutations look at one session, with all operations of the history at hand. */
const MUTATIONS: Readonly<Record<string, (all: readonly SiblingOperation[]) => Mutation>> = {
  ThinAirShown: () => (own) => replace(own, isGet, (read) => ({ ...read, shown: [...shownIn(read), 'nobody'] })),
  ThinAirContext: () => (own) =>
    replace(
      own,
      (o) => o.kind !== 'get',
      (write) => ({ ...write, context: ['nobody'] }) as SiblingOperation,
    ),
  DuplicateDot: (all) => (own) => {
    const other = all.find((o) => o.kind === 'put' && !own.includes(o));
    return other === undefined ? undefined : [...own, other];
  },
  CyclicCO: () => (own) => {
    const at = own.findIndex((o, i) => isGet(o) && own.slice(i).some((w) => w.kind === 'put' && w.key === o.key));
    const write = own.slice(at).find((w) => w.kind === 'put' && w.key === own[at]?.key);
    if (at === -1 || write?.kind !== 'put') return undefined;
    return own.map((o, i) => (i === at && isGet(o) ? { ...o, shown: [...o.shown, write.dot] } : o));
  },
  FalseConflict: (all) => (own) => {
    const older = (read: SiblingOperation): string | undefined =>
      shownIn(read)
        .map((dot) => all.find((w) => w.kind !== 'get' && w.dot === dot))
        .flatMap((w) => wholeContext(w))[0];
    return replace(
      own,
      (o) => isGet(o) && older(o) !== undefined,
      (read) => ({ ...read, shown: [...shownIn(read), older(read) ?? ''] }) as SiblingOperation,
    );
  },
  Resurrection: (all) => (own) => {
    // What an earlier write of the session superseded is all that the read shows.
    for (const [at, read] of own.entries()) {
      if (!isGet(read)) continue;
      const write = own.slice(0, at).find((w) => w.key === read.key && wholeContext(w).length > 0);
      const old = wholeContext(write)[0];
      if (old === undefined || !all.some((w) => w.kind !== 'get' && w.dot === old)) continue;
      return own.map((o) => (o === read ? { ...read, shown: [old] } : o));
    }
    return undefined;
  },
  Divergence: (all) => (own) => {
    const isPut = (dot: string): boolean => all.some((w) => w.kind === 'put' && w.dot === dot);
    return replace(
      own,
      (o) => o.kind === 'get' && o.isFinal === true && o.shown.some(isPut),
      (read) => ({ ...read, shown: shownIn(read).filter((dot) => !isPut(dot)) }) as SiblingOperation,
    );
  },
  Missing: (all) => (own) => {
    // A live version is no longer shown, and nothing that may have superseded it was ever written.
    const isTop = (dot: string): boolean => {
      const write = all.find((w) => w.kind !== 'get' && w.dot === dot);
      return (
        write?.kind === 'put' &&
        !all.some(
          (w) => w.kind !== 'get' && w.key === write.key && (w.context === 'session' || wholeContext(w).includes(dot)),
        )
      );
    };
    return replace(
      own,
      (o, at) =>
        isGet(o) &&
        o.shown.some(
          (dot) =>
            isTop(dot) && own.slice(0, at).some((e) => e.kind === 'get' && e.key === o.key && e.shown.includes(dot)),
        ),
      (read) => ({ ...read, shown: shownIn(read).filter((dot) => !isTop(dot)) }) as SiblingOperation,
    );
  },
};

/** What a write says that it superseded, where it says all. */
function wholeContext(operation: SiblingOperation | undefined): readonly string[] {
  if (operation === undefined || operation.kind === 'get') return [];
  const { context } = operation;
  return context === 'session' || 'atLeast' in context ? [] : context;
}

function shownIn(operation: SiblingOperation): readonly string[] {
  return operation.kind === 'get' ? operation.shown : [];
}

function replace(
  operations: SiblingOperation[],
  fits: (operation: SiblingOperation, at: number) => boolean,
  by: (operation: SiblingOperation) => SiblingOperation,
): SiblingOperation[] | undefined {
  const at = operations.findIndex(fits);
  return at === -1 ? undefined : operations.map((operation, place) => (place === at ? by(operation) : operation));
}

describe('checkSiblings and changed histories', () => {
  it.each(Object.entries(MUTATIONS))(
    'checkSiblings finds %s wherever it is put into a history that holds',
    (pattern, mutate) => {
      let changed = 0;
      for (let seed = 0; seed < 150; seed++) {
        const given = simulateSiblings(new Random(seed), 50);
        const all = given.sessions.flatMap(({ operations }) => operations);
        for (const [at, session] of given.sessions.entries()) {
          const operations = mutate(all)([...session.operations]);
          if (operations === undefined) continue;
          changed += 1;
          const found = patterns({
            sessions: given.sessions.map((other, place) => (place === at ? { ...session, operations } : other)),
          });
          if (pattern !== 'Missing') expect(found, `seed ${seed}`).toContain(pattern);
          else
            expect(
              found.filter((name) => /^(Lost|Read|Monotonic|Writes)/.test(name)).length,
              `seed ${seed}`,
            ).toBeGreaterThan(0);
        }
      }
      expect(changed).toBeGreaterThan(20);
    },
  );
});

describe('checkSiblings and every answer tried', () => {
  /** Up to five operations of two sessions on one key; reads and contexts name whatever they like. */
  const small = fc
    .array(
      fc.record({
        session: fc.nat(1),
        kind: fc.constantFrom<('put' | 'delete' | 'get')[]>('put', 'put', 'delete', 'get', 'get', 'get'),
        says: fc.constantFrom('session' as const, 'least' as const, 'whole' as const),
        names: fc.array(fc.nat(4), { maxLength: 2 }),
      }),
      { minLength: 3, maxLength: 5 },
    )
    .map((drawn): SiblingHistory => {
      const sessions: SiblingOperation[][] = [[], []];
      for (const [at, { session, kind, says, names }] of drawn.entries()) {
        const dots = [...new Set(names)]
          .filter((name) => name !== at && (drawn[name]?.kind ?? 'get') !== 'get')
          .map(String);
        const older = dots.filter((dot) => Number(dot) < at);
        const context = says === 'session' ? says : says === 'least' ? { atLeast: older } : older;
        sessions[session]?.push(kind === 'get' ? get(...dots) : { kind, key: 'k', dot: String(at), context });
      }
      return history({ a: sessions[0] ?? [], b: sessions[1] ?? [] });
    });

  it('checkSiblings says that something is wrong only where no store can have shown it', () => {
    let [wrong, missed, right] = [0, 0, 0];
    fc.assert(
      fc.property(small, (given) => {
        const { holds, violations } = checkSiblings(given);
        const isPossible = canBeShown(given);
        if (isPossible) right += 1;
        else if (holds) missed += 1;
        else wrong += 1;
        if (isPossible) expect(violations).toEqual([]);
      }),
      { seed: 20261122, numRuns: 4_000 },
    );
    expect(right).toBeGreaterThan(500);
    expect(wrong).toBeGreaterThan(500);
    // What is impossible is found nearly always: the rest needs a delete whose own past contradicts it.
    expect(missed).toBeLessThan(wrong / 20);
  });
});
