/** The result of an experiment for people: at each point of the sweep, measures as rows and strategies as columns. */

import { pointWords } from '../lab/experiment/assertions.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName, type MeasureUnit } from '../lab/experiment/measures.ts';
import type { Cell, ExperimentResult, Interval } from '../lab/experiment/result.ts';
import type { Paint } from './terminal.ts';

const GAP = '  ';

/** Ends with a newline. `width`: of the terminal; strategies that do not fit beside one another come below. */
export function experimentTable(result: ExperimentResult, width: number, paint: Paint): string {
  const { cells, points, scenario, seeds } = result;
  const names = shownMeasures(result);
  const lines: string[] = [];
  for (const point of points) {
    const here = cells.filter((cell) => pointWords(cell.point) === pointWords(point));
    lines.push(paint.bold(pointWords(point)), ...block(here, names, width, paint), '');
  }
  if (names.length === 0) lines.push('No measure differs between the strategies.', '');
  const isOnly = scenario.measures.length === 0;
  const which = isOnly ? 'measures in which the strategies differ' : 'measures that the scenario names';
  const how = seeds.length === 1 ? 'Of one seed' : `Means of ${seeds.length} seeds, ± half of the 95 % interval`;
  lines.push(paint.dim(`${how}; ${which}.`));
  for (const { text, holds, found } of result.assertions)
    lines.push(
      holds ? `${paint.good('holds')}          ${text}` : `${paint.bad('does not hold')}  ${text}; found ${found}`,
    );
  return `${lines.join('\n')}\n`;
}

/** Those that the scenario names; otherwise those in which strategies differ, or points when there is one strategy. */
export function shownMeasures({
  cells,
  scenario,
}: Pick<ExperimentResult, 'cells' | 'scenario'>): readonly MeasureName[] {
  if (scenario.measures.length > 0) return scenario.measures;
  if (cells.length === 1) return MEASURE_NAMES.filter((name) => cells[0]?.summary[name] !== null);
  const isOne = new Set(cells.map(({ strategy }) => strategy)).size === 1;
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const place = isOne ? '' : pointWords(cell.point);
    groups.set(place, [...(groups.get(place) ?? []), cell]);
  }
  const differs = (name: MeasureName, group: readonly Cell[]): boolean =>
    new Set(group.map(({ summary }) => summary[name]?.mean)).size > 1;
  return MEASURE_NAMES.filter((name) => [...groups.values()].some((group) => differs(name, group)));
}

/** A mean with half its interval: `12.3 ± 0.4`; `-` where nothing was measured. */
export function figureWords(interval: Interval | null | undefined, unit: MeasureUnit): string {
  if (interval === null || interval === undefined) return '-';
  const half = (interval.high - interval.low) / 2;
  const mean = figure(interval.mean, unit);
  return half === 0 ? mean : `${mean} ± ${figure(half, unit)}`;
}

/** A measure with its unit. */
export function measureWords(name: MeasureName): string {
  const { title, unit } = MEASURES[name];
  return `${title}${UNITS[unit]}`;
}

const UNITS: Readonly<Record<MeasureUnit, string>> = {
  count: '',
  number: '',
  share: ', %',
  ms: ', ms',
  bytes: ', B',
};

function block(cells: readonly Cell[], names: readonly MeasureName[], width: number, paint: Paint): readonly string[] {
  const labels = names.map(measureWords);
  const labelWidth = Math.max(0, ...labels.map((label) => label.length));
  const columns = cells.map(({ strategy, summary }) => {
    const texts = names.map((name) => figureWords(summary[name], MEASURES[name].unit));
    return { strategy, texts, width: Math.max(strategy.length, ...texts.map((text) => text.length)) };
  });
  const lines: string[] = [];
  for (let from = 0; from < columns.length; ) {
    let to = from;
    let left = width - labelWidth;
    for (; to < columns.length; to += 1) {
      left -= (columns[to]?.width ?? 0) + GAP.length;
      if (left < 0 && to > from) break;
    }
    const some = columns.slice(from, to);
    const heads = some.map((column) => GAP + column.strategy.padStart(column.width)).join('');
    lines.push(paint.dim(' '.repeat(labelWidth) + heads));
    for (const [at, label] of labels.entries())
      lines.push(
        label.padEnd(labelWidth) + some.map((one) => GAP + (one.texts[at] ?? '').padStart(one.width)).join(''),
      );
    from = to;
  }
  return lines;
}

function figure(value: number, unit: MeasureUnit): string {
  const shown = unit === 'share' ? value * 100 : value;
  const size = Math.abs(shown);
  const places = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return shown.toLocaleString('en-US', { maximumFractionDigits: places });
}
