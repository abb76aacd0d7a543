import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStable, stableCut } from '../../src/clock/stability.ts';
import { anyDots, anySet, model, RUNS, set, showSet } from './literals.ts';

describe('stableCut', () => {
  it.each([
    [[], ''],
    [['a1-3 b2'], 'a1-3 b2'],
    [['a1-3', 'a1-2 b1'], 'a1-2'],
    [['a1-3', 'b1'], ''],
    [['a1-3 a5', 'a2-9', 'a1-5'], 'a2-3 a5'],
  ])('stableCut of %j is %j', (knowledge, cut) => {
    expect(showSet(stableCut(knowledge.map(set)))).toBe(cut);
  });

  it('stableCut and isStable ask whether everybody has the dots', () => {
    fc.assert(
      fc.property(fc.array(anySet, { minLength: 1, maxLength: 4 }), anyDots, (knowledge, dots) => {
        const cut = stableCut(knowledge);
        const models = knowledge.map(model);
        const everybody = new Set([...(models[0] ?? [])].filter((dot) => models.every((known) => known.has(dot))));
        expect(model(cut)).toEqual(everybody);
        expect(isStable(dots, knowledge)).toBe([...model(dots)].every((dot) => everybody.has(dot)));
        expect(isStable(cut, knowledge)).toBe(true);
      }),
      RUNS,
    );
  });

  it('isStable needs everybody, whoever is asked first', () => {
    const dots = [{ id: 'a', counter: 2 }];
    const [knows, doesNot] = [set('a1-2'), set('a1')];
    expect(isStable(dots, [knows, doesNot])).toBe(false);
    expect(isStable(dots, [doesNot, knows])).toBe(false);
    expect(isStable(dots, [knows, knows])).toBe(true);
  });

  it('isStable is false for any dot while nobody is known to have anything', () => {
    expect(isStable([{ id: 'a', counter: 1 }], [])).toBe(false);
    expect(isStable([], [])).toBe(true);
  });
});
