import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countOf, covers, type Known, NOTHING_KNOWN, unite } from '../../../src/lab/truth/known.ts';

/** The same as a set of "lane place" names. */
function namesOf(known: Known): Set<string> {
  const names = new Set<string>();
  for (let at = 0; at < known.length; at += 2)
    for (let place = 1; place <= (known[at + 1] ?? 0); place += 1) names.add(`${known[at]} ${place}`);
  return names;
}

const known = fc
  .uniqueArray(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 5 })), { selector: ([lane]) => lane, maxLength: 6 })
  .map((pairs) => pairs.sort(([one], [other]) => one - other).flat());

describe('known', () => {
  test('unite: is the union of the sets, and covers is inclusion', () => {
    fc.assert(
      fc.property(known, known, (one, other) => {
        const both = unite(one, other);
        expect(namesOf(both)).toEqual(new Set([...namesOf(one), ...namesOf(other)]));
        expect(covers(one, other)).toBe([...namesOf(other)].every((name) => namesOf(one).has(name)));
        expect(unite(other, one)).toEqual(both);
      }),
    );
  });

  test('unite: gives the very list that knows all, so that nothing is copied', () => {
    const more = [0, 2, 3, 1];
    expect(unite(more, [0, 1])).toBe(more);
    expect(unite(NOTHING_KNOWN, more)).toBe(more);
  });

  test.each([
    [[0, 2, 3, 1], 3, 1],
    [[0, 2, 3, 1], 1, 0],
    [[], 0, 0],
  ])('countOf: of %j in lane %i is %i', (list, lane, count) => expect(countOf(list, lane)).toBe(count));
});
