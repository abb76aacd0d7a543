import { describe, expect, it } from 'vitest';
import { strategiesNamed } from '../../../src/lab/strategies/chosen.ts';
import type { Strategy } from '../../../src/lab/strategies/strategy.ts';

/** Somebody's own, as an instance of a class. */
class Own implements Strategy {
  readonly name = 'own';
  readonly title = 'Own';
  readonly rule = 'none';
  readonly source = 'https://example.org';
  readonly showsConflicts = false;
  begin(): never {
    throw new RangeError('begun');
  }
}

describe('strategiesNamed', () => {
  it('strategiesNamed makes what was chosen, in order, with titles of the user', () => {
    const made = strategiesNamed(['lww-wall', { use: 'cairn', title: 'ours' }]);
    expect(made.map(({ name, title }) => [name, title])).toEqual([
      ['lww-wall', 'last writer, wall clock'],
      ['cairn', 'ours'],
    ]);
  });

  it('strategiesNamed puts strategies of the user where they are named, and last otherwise', () => {
    const own = new Own();
    expect(strategiesNamed(['own', 'cairn'], [own]).map(({ name }) => name)).toEqual(['own', 'cairn']);
    expect(strategiesNamed(['cairn'], [own]).map(({ name }) => name)).toEqual(['cairn', 'own']);
    expect(() => strategiesNamed([{ use: 'own', title: 'x' }], [own])[0]?.begin()).toThrow('begun');
  });

  it('strategiesNamed refuses none, unknown ones, the same twice, and options that are not there', () => {
    expect(() => strategiesNamed([])).toThrow('strategies is empty, give one at least');
    expect(() => strategiesNamed(['cairn', 'x'])).toThrow(
      /^Cannot take the scenario: strategies\[1\] is "x", give one of cairn, /,
    );
    expect(() => strategiesNamed(['cairn', { use: 'cairn' }])).toThrow('strategies[1] is "cairn" once more');
    expect(() => strategiesNamed(['own'], [new Own(), new Own()])).toThrow('strategies is "own" once more');
    expect(() => strategiesNamed([{ use: 'cairn', options: { graceMs: 1 } }])).toThrow(
      'strategies[0].options.graceMs is no option of it, give none',
    );
  });
});
