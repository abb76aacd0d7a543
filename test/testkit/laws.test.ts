import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deleteWins, keepSiblings, lastWriter, type Resolver, updateWins } from '../../src/store/resolve.ts';
import { LawBroken } from '../../src/testkit/laws/check.ts';
import { codec, codecRefusal } from '../../src/testkit/laws/codec.ts';
import { convergence } from '../../src/testkit/laws/convergence.ts';
import { type Answer, partialOrder } from '../../src/testkit/laws/order.ts';
import { refusal } from '../../src/testkit/laws/refusal.ts';
import { resolver, siblingResolver } from '../../src/testkit/laws/resolver.ts';
import { joinSemilattice, leastUpperBound } from '../../src/testkit/laws/semilattice.ts';

const parameters = { seed: 1, numRuns: 300 };
const sets = fc.uniqueArray(fc.integer({ min: 0, max: 4 })).map((list) => new Set(list));
const covers = (a: Set<number>, b: Set<number>): boolean => [...b].every((member) => a.has(member));
const compare = (a: Set<number>, b: Set<number>): Answer =>
  covers(a, b) ? (covers(b, a) ? 'equal' : 'after') : covers(b, a) ? 'before' : 'concurrent';
const union = (a: Set<number>, b: Set<number>): Set<number> => new Set([...a, ...b]);
const equals = (a: Set<number>, b: Set<number>): boolean => compare(a, b) === 'equal';
const sorted = (a: Set<number>): Uint8Array => Uint8Array.from([...a].sort((x, y) => x - y));
const decode = (bytes: Uint8Array): Set<number> => {
  if (bytes.some((byte, at) => at > 0 && byte <= (bytes[at - 1] ?? 0))) throw new RangeError('not sorted');
  return new Set(bytes);
};

function broken(check: () => void): string {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(LawBroken);
    return (error as LawBroken).message; // checked on the line above
  }
  return 'held';
}

describe('partialOrder', () => {
  test('partialOrder holds for sets by inclusion', () => partialOrder(sets, compare, parameters));
  test('partialOrder names L3 for an order by size that calls ties concurrent', () => {
    const bySize = (a: Set<number>, b: Set<number>): Answer =>
      a.size < b.size ? 'before' : a.size > b.size ? 'after' : 'concurrent';
    expect(broken(() => partialOrder(sets, bySize, parameters))).toMatch(/^L3 partial order: compare\(a, a\)/);
  });
  test('partialOrder notices an order that is not transitive', () => {
    const ring = (a: number, b: number): Answer => (a === b ? 'equal' : (a + 1) % 3 === b ? 'before' : 'after');
    expect(broken(() => partialOrder(fc.integer({ min: 0, max: 2 }), ring, parameters))).toContain('so a must be');
  });
});

describe('joinSemilattice', () => {
  test('joinSemilattice holds for union', () => joinSemilattice(sets, union, equals, parameters));
  test('joinSemilattice names L3 for a merge that prefers the left side', () => {
    expect(broken(() => joinSemilattice(sets, (a, b) => (a.size > 0 ? a : b), equals, parameters))).toMatch(
      /^L3 join semilattice: merge must be commutative/,
    );
  });
  test('leastUpperBound holds for union', () => leastUpperBound(sets, union, compare, parameters));
  test('leastUpperBound notices a merge that adds what nobody had', () => {
    expect(broken(() => leastUpperBound(sets, (a, b) => new Set([...a, ...b, 9]), compare, parameters))).toMatch(
      /^L3 least upper bound/,
    );
  });
});

describe('codec', () => {
  test('codec holds for a sorted list', () => codec(sets, sorted, decode, equals, parameters));
  test('codec names L5 and the witness for an encoding in order of insertion', () => {
    const message = broken(() =>
      codec(
        sets,
        (a) => Uint8Array.from(a),
        (bytes) => new Set(bytes),
        equals,
        parameters,
      ),
    );
    expect(message).toMatch(/^L5 codec: equal examples/);
    expect(message).toMatch(/Replay: seed 1, path "/);
  });
  test('codecRefusal holds for a decoder that refuses disorder', () =>
    codecRefusal(sets, sorted, decode, (error) => error instanceof RangeError, parameters));
  test('codecRefusal names L21 for a decoder that takes anything', () => {
    expect(
      broken(() =>
        codecRefusal(
          sets,
          sorted,
          (bytes) => new Set(bytes),
          () => true,
          parameters,
        ),
      ),
    ).toMatch(/^L21 codec refusal: damaged bytes/);
  });
  test('codecRefusal notices an untyped error', () => {
    expect(broken(() => codecRefusal(sets, sorted, decode, () => false, parameters))).toContain(
      'refused by a typed error',
    );
  });
});

describe('resolver', () => {
  const siblings = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 });
  const same = (a: number, b: number): boolean => a === b;
  test('resolver holds for the greatest', () =>
    resolver(
      siblings,
      { resolve: (list) => Math.max(0, ...list), equals: same, write: (result) => result },
      parameters,
    ));
  test('resolver names L18 for the first one', () => {
    expect(
      broken(() =>
        resolver(siblings, { resolve: (list) => list[0] ?? 0, equals: same, write: (result) => result }, parameters),
      ),
    ).toMatch(/^L18 resolver: .* order/);
  });
  test('resolver notices a sum, which never comes to rest', () => {
    const sum = (list: readonly number[]): number => list.reduce((total, member) => total + member, 0);
    expect(
      broken(() => resolver(siblings, { resolve: sum, equals: same, write: (result) => result }, parameters)),
    ).toContain('two equal resolutions');
  });
  test('resolver notices one that sorts what it was given', () => {
    const sorting = (list: readonly number[]): number => (list as number[]).sort()[0] ?? 0; // the defect under test
    expect(
      broken(() => resolver(siblings, { resolve: sorting, equals: same, write: (result) => result }, parameters)),
    ).toContain('must not change');
  });
});

describe('siblingResolver', () => {
  const quantities = fc.integer({ min: 1, max: 9 });
  const live = (siblings: Parameters<Resolver<number>>[0]): number[] =>
    siblings.flatMap((one) => (one.tombstone ? [] : [one.value]));
  const built: readonly (readonly [string, Resolver<number>])[] = [
    ['lastWriter', lastWriter],
    ['deleteWins', deleteWins],
    ['updateWins', updateWins],
  ];
  test.each(built)('siblingResolver holds for %s', (_, resolve) => siblingResolver(quantities, resolve, parameters));
  test('siblingResolver holds for the greatest, and asks nothing of one that keeps some', () => {
    siblingResolver(quantities, (list) => ({ kind: 'value', value: Math.max(...live(list)) }), parameters);
    const small: Resolver<number> = (list) =>
      list.length > 2 ? keepSiblings([], 'k') : { kind: 'value', value: Math.max(...live(list)) };
    siblingResolver(quantities, small, parameters);
  });
  test('siblingResolver finds a sum, shown as two siblings', () => {
    const sum: Resolver<number> = (list) => ({ kind: 'value', value: live(list).reduce((all, one) => all + one, 0) });
    const message = broken(() => siblingResolver(quantities, sum, parameters));
    expect(message).toMatch(/and \{ kind: "value", value: 1 \} became \{ kind: "value", value: 2 \}/);
  });
  test('siblingResolver finds one that asks who wrote: a resolution has another writer than what it resolves', () => {
    const byName: Resolver<number> = (list) => {
      const [first] = list.filter((one) => !one.tombstone).sort((a, b) => (a.dot.id.length < b.dot.id.length ? 1 : -1));
      return first === undefined || first.tombstone
        ? { kind: 'delete' }
        : { kind: 'value', value: first.value + first.dot.id.length };
    };
    expect(broken(() => siblingResolver(quantities, byName, parameters))).toContain('two equal resolutions');
  });
  test('siblingResolver finds one that draws lots', () => {
    let drawn = 0;
    const lots: Resolver<number> = () => ({ kind: 'value', value: ++drawn });
    expect(broken(() => siblingResolver(quantities, lots, parameters))).toContain('the same for the same siblings');
  });
});

describe('convergence', () => {
  const updates = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 });
  test('convergence holds for a growing set', () => {
    convergence(
      updates,
      { create: () => new Set<number>(), receive: (state, update) => state.add(update), digest: sorted },
      parameters,
    );
  });
  test('convergence names L12 for a last arrival that wins', () => {
    expect(
      broken(() =>
        convergence(updates, { create: () => 0, receive: (_, update) => update, digest: String }, parameters),
      ),
    ).toMatch(/^L12 convergence: another order/);
  });
  test('convergence notices a counter that counts repeats', () => {
    expect(
      broken(() =>
        convergence(updates, { create: () => 0, receive: (state) => state + 1, digest: String }, parameters),
      ),
    ).toContain('repeated updates');
  });
});

describe('refusal', () => {
  const negative = fc.integer({ max: -1 });
  const isRange = (error: unknown): boolean => error instanceof RangeError;
  const account = (early: boolean) => () => {
    let total = 0;
    const attempt = (input: number): void => {
      if (!early) total += input;
      if (input < 0) throw new RangeError('negative');
      if (early) total += input;
    };
    return { attempt, digest: (): string => String(total) };
  };
  test('refusal holds when the check comes first', () => refusal(negative, account(true), isRange, parameters));
  test('refusal names L21 when the change comes first', () => {
    expect(broken(() => refusal(negative, account(false), isRange, parameters))).toMatch(
      /^L21 refusal: refused input must change nothing/,
    );
  });
  test('refusal notices input that was taken', () => {
    expect(broken(() => refusal(fc.nat(), account(true), isRange, parameters))).toContain('must be refused');
  });
});
