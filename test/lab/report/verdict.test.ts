import { describe, expect, test } from 'vitest';
import type { Measures } from '../../../src/lab/experiment/measures.ts';
import type { ExperimentResult } from '../../../src/lab/experiment/result.ts';
import { grouped, verdictOf, verdictParts } from '../../../src/lab/report/verdict.ts';

type Run = readonly [lost: number, acknowledged: number, undone?: number];

/** A result of which only that is filled in which a verdict reads: cast once, here. */
function resultOf(strategies: Readonly<Record<string, readonly Run[]>>): ExperimentResult {
  const cells = Object.entries(strategies).map(([strategy, runs]) => ({
    strategy,
    runs: runs.map(
      ([writesLost, acknowledged, deletesUndone = 0]) => ({ writesLost, acknowledged, deletesUndone }) as Measures,
    ),
  }));
  const names = Object.keys(strategies).map((name) => ({ name, title: `<${name}>` }));
  return { strategies: names, cells } as unknown as ExperimentResult;
}

describe('verdictOf', () => {
  test('verdictOf sums over all runs, and begins with Cairn wherever it stands', () => {
    const result = resultOf({
      lww: [
        [700, 6_000],
        [718, 5_935],
      ],
      cairn: [
        [0, 6_000],
        [0, 5_935],
      ],
    });
    expect(verdictOf(result)).toBe('<cairn> lost 0 of 11,935 acknowledged writes; <lww> lost 1,418.');
  });

  test('verdictOf says of how many where that differs, and what became of deletes where any was undone', () => {
    const result = resultOf({ cairn: [[0, 10]], lww: [[2, 9, 1]] });
    expect(verdictOf(result)).toBe(
      '<cairn> lost 0 of 10 acknowledged writes and undid 0 deletes; <lww> lost 2 of 9 and undid 1 delete.',
    );
  });

  test('verdictOf without Cairn begins with the first strategy, and without any says so', () => {
    expect(verdictOf(resultOf({ b: [[1, 1]], a: [[0, 1]] }))).toBe('<b> lost 1 of 1 acknowledged write; <a> lost 0.');
    expect(verdictOf(resultOf({}))).toBe('No strategy was run.');
  });

  test('verdictOf names who lost most, and sums up the rest of many', () => {
    const many = Object.fromEntries(
      Array.from({ length: 6 }, (_, at): [string, Run[]] => [`s${at}`, [[at * 10, 100]]]),
    );
    expect(verdictOf(resultOf({ ...many, cairn: [[0, 100]] }))).toBe(
      '<cairn> lost 0 of 100 acknowledged writes; <s5> lost 50; <s4> lost 40; <s3> lost 30; the 3 others lost between 0 and 20 each.',
    );
    expect(verdictParts(resultOf(many)).map(({ strategy }) => strategy)).toEqual(['s0', 's5', 's4', 's3', undefined]);
  });
});

describe('grouped', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('grouped writes %s as %s', (count, text) => {
    expect(grouped(count)).toBe(text);
  });
});
