/** `cairn compare`: two results, figure by figure, so that a change of the code or of a scenario shows. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pointWords } from '../lab/experiment/assertions.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName } from '../lab/experiment/measures.ts';
import type { Cell, ExperimentResult, Interval } from '../lab/experiment/result.ts';
import { parseResult } from '../lab/experiment/result-file.ts';
import { words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { figureWords, measureWords } from './experiment-table.ts';
import { say } from './output.ts';

type Difference = {
  readonly where: string;
  readonly measure: MeasureName;
  readonly one: Interval | null;
  readonly other: Interval | null;
  /** Whether the two intervals have nothing in common. */
  readonly isApart: boolean;
};

type Comparison = {
  readonly differences: readonly Difference[];
  /** Cells that one has and the other has not. */
  readonly onlyInOne: readonly string[];
  readonly onlyInOther: readonly string[];
  /** Fields of the scenarios that differ. */
  readonly scenario: readonly string[];
};

/** Runs the command; the exit status: 0 when the figures are the same, 1 when they differ. */
export async function run(invocation: Invocation): Promise<number> {
  const [one = '', other = ''] = words('compare', invocation, ['A', 'B']);
  const comparison = compareResults(await read(one), await read(other));
  const { differences, onlyInOne, onlyInOther, scenario } = comparison;
  const isSame = differences.length + onlyInOne.length + onlyInOther.length === 0;
  const lines = [
    ...(scenario.length === 0 ? [] : [`The scenarios differ in ${scenario.join(', ')}.`]),
    ...onlyInOne.map((where) => `only in ${one}: ${where}`),
    ...onlyInOther.map((where) => `only in ${other}: ${where}`),
    ...table(differences),
    isSame ? 'Every figure is the same.' : summary(differences),
  ];
  await say(invocation, { isSame, ...comparison }, lines);
  return isSame ? 0 : 1;
}

/** What differs between two results; a figure differs when its mean or its interval does. */
export function compareResults(one: ExperimentResult, other: ExperimentResult): Comparison {
  const [cells, others] = [byPlace(one.cells), byPlace(other.cells)];
  const differences = [...cells].flatMap(([where, cell]) => {
    const beside = others.get(where);
    return beside === undefined ? [] : differencesOf(where, cell, beside);
  });
  const fields = new Set([...Object.keys(one.scenario), ...Object.keys(other.scenario)]);
  const [left, right] = [new Map(Object.entries(one.scenario)), new Map(Object.entries(other.scenario))];
  return {
    differences,
    onlyInOne: [...cells.keys()].filter((where) => !others.has(where)),
    onlyInOther: [...others.keys()].filter((where) => !cells.has(where)),
    scenario: [...fields].filter((field) => JSON.stringify(left.get(field)) !== JSON.stringify(right.get(field))),
  };
}

function byPlace(cells: readonly Cell[]): ReadonlyMap<string, Cell> {
  return new Map(cells.map((cell) => [`${cell.strategy} at ${pointWords(cell.point)}`, cell]));
}

function differencesOf(where: string, one: Cell, other: Cell): readonly Difference[] {
  return MEASURE_NAMES.flatMap((measure) => {
    // A result of another version may lack a measure.
    const [left, right] = [one.summary[measure] ?? null, other.summary[measure] ?? null];
    if (isSameInterval(left, right)) return [];
    return [{ where, measure, one: left, other: right, isApart: areApart(left, right) }];
  });
}

/** How many runs it is of does not matter. */
function isSameInterval(one: Interval | null, other: Interval | null): boolean {
  if (one === null || other === null) return one === other;
  return one.mean === other.mean && one.low === other.low && one.high === other.high;
}

function areApart(one: Interval | null, other: Interval | null): boolean {
  return one === null || other === null || one.high < other.low || other.high < one.low;
}

/** One block for each cell. */
function table(differences: readonly Difference[]): readonly string[] {
  const rows = differences.map(({ measure, one, other, isApart }) => {
    const { unit } = MEASURES[measure];
    const mark = isApart ? 'apart' : 'intervals overlap';
    return [measureWords(measure), figureWords(one, unit), figureWords(other, unit), mark] as const;
  });
  const widths = [0, 1, 2].map((at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)));
  return differences.flatMap(({ where }, at) => {
    const [label = '', one = '', other = '', mark = ''] = rows[at] ?? [];
    const [first = 0, second = 0, third = 0] = widths;
    const line = `  ${label.padEnd(first)}  ${one.padStart(second)}  ${other.padStart(third)}  ${mark}`;
    return where === differences[at - 1]?.where ? [line] : [where, line];
  });
}

function summary(differences: readonly Difference[]): string {
  const apart = differences.filter(({ isApart }) => isApart).length;
  return `${differences.length} figures differ; the intervals of ${apart} have nothing in common.`;
}

/** Of a file, or of the folder that --out wrote. */
async function read(path: string): Promise<ExperimentResult> {
  const isFolder = (await stat(path)).isDirectory();
  return parseResult(await readFile(isFolder ? join(path, 'result.json') : path, 'utf8'));
}
