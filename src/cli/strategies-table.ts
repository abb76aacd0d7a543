/**
 * A history under several strategies as a table for people: rows are what was found, columns the strategies. At most 80
 * columns wide; more strategies than fit go below one another.
 */

import { MEASURES, type MeasureName } from '../lab/experiment/measures.ts';
import { CONFLICT_KINDS, type ConflictKind } from '../lab/history/replay-result.ts';
import {
  countOfAnomalies,
  countOfWrong,
  type HistoryMeasures,
  type StrategyReplayResult,
  type ToldBy,
} from '../lab/history/strategy-replay-result.ts';
import { count, type Paint } from './terminal.ts';

type Result = StrategyReplayResult;
type Told = { readonly source: string; readonly toldBy: ToldBy };
type Row = { readonly label: string; readonly of: (result: Result) => string };
type Section = { readonly title: string; readonly rows: readonly Row[] };

const WIDTH = 80;
const LABEL_WIDTH = 30;
const COLUMN_GAP = 2;
const COLUMN_WIDTH_MIN = 10;
const KILOBYTES_FROM = 10_000;

const KIND_NAMES: Readonly<Record<ConflictKind, string>> = {
  'write-vs-write': 'write / write',
  'same-value': 'same value',
  'delete-vs-write': 'delete / write',
};

const SECTIONS: readonly Section[] = [
  {
    title: 'Written',
    rows: [row('writes', ({ events }) => count(events.writes)), row('deletes', ({ events }) => count(events.deletes))],
  },
  {
    title: 'Concurrent at merges',
    rows: CONFLICT_KINDS.map((kind) => row(KIND_NAMES[kind], ({ met }) => count(met[kind]))),
  },
  {
    title: 'Conflicts shown to the authors of merges',
    rows: [
      ...CONFLICT_KINDS.map((kind) => row(KIND_NAMES[kind], (result) => count(result.shown[kind]))),
      row('settled by a rule instead', ({ settled }) => count(settled)),
    ],
  },
  {
    title: 'What went wrong',
    rows: [
      ...measures('writesLost', 'deletesUndone', 'falseConflicts', 'conflictsHidden'),
      row('  of these at a meeting', (result) => count(hiddenWhenMet(result))),
      row('  of these at their own commit', (result) => count(countOfAnomalies(result, 'hidden', 'own write'))),
      ...measures('deletesHidden', 'wentBack', 'diverged', 'refused'),
    ],
  },
  {
    title: 'Paths at the head that differ from git',
    rows: [
      row('back, though deleted', ({ atHead }) => count(countOfWrong(atHead, 'back'))),
      row('missing', ({ atHead }) => count(countOfWrong(atHead, 'missing'))),
      row('other contents', ({ atHead }) => count(countOfWrong(atHead, 'wrong'))),
      row('when all have met', ({ inTheEnd }) => count(inTheEnd.wrong.length)),
    ],
  },
  {
    title: 'What it cost',
    rows: [
      ...measures('siblingsMean', 'siblingsMax', 'metadataPerKey', 'tombstonesMost', 'tombstonesLeft'),
      row('exchanges', ({ exchanges }) => count(exchanges)),
      ...measures('exchangeRecords', 'exchangeNeedless', 'exchangeBytes'),
    ],
  },
];

const FOOTNOTES: readonly string[] = [
  'Hidden: not shown where it had been told of, though nobody had overwritten it;',
  'at a meeting of two lines, or at once to its own author, because the clock of',
  'the commit is behind. Each counts once, also where a merge then wrote the path',
  'anew. Lost: in the end no replica shows it. Equal contents hide nothing.',
  'Metadata, tombstones left: when all have met, and have forgotten what they may.',
];

/** Ends with a newline. */
export function strategiesTable(results: readonly Result[], { source, toldBy }: Told, paint: Paint): string {
  const [first] = results;
  if (first === undefined) return '';
  const { commits, merges, replicas, tips } = first;
  const lines = [
    paint.bold(`${source} under ${results.length === 1 ? 'one strategy' : `${results.length} strategies`}`),
    '',
    `  ${count(commits)} commits, ${count(merges)} merges, at ${count(replicas)} replicas`,
    ...(tips > 1 ? [`  ${count(tips - 1)} branches never merged, not in the head`] : []),
    ...(toldBy === 'store' ? ['  the authors of merges are told of what met by the store alone'] : []),
  ];
  for (const block of blocksOf(results)) lines.push('', ...blockLines(block, paint));
  lines.push('', ...FOOTNOTES.map((line) => paint.dim(line)), '');
  lines.push(...results.flatMap(({ strategy: { name, rule } }) => wrapped(`${name}: ${rule}`)), '');
  return lines.join('\n');
}

function row(label: string, of: Row['of']): Row {
  return { label, of };
}

function measures(...names: readonly (keyof HistoryMeasures)[]): Row[] {
  return names.map((name) => row(MEASURES[name].title, (result) => figure(name, result.measures[name])));
}

function figure(name: MeasureName, value: number | null): string {
  if (value === null) return '-';
  switch (MEASURES[name].unit) {
    case 'share':
      return `${(value * 100).toFixed(1)} %`;
    case 'bytes':
      if (value >= KILOBYTES_FROM) return `${count(Math.round(value / 1_000))} kB`;
      return Number.isInteger(value) ? `${count(value)} B` : `${value.toFixed(1)} B`;
    case 'number':
      return Number.isInteger(value) ? count(value) : value.toFixed(3);
    default:
      return count(value);
  }
}

function hiddenWhenMet(result: Result): number {
  return countOfAnomalies(result, 'hidden') - countOfAnomalies(result, 'hidden', 'own write');
}

/** As many strategies side by side as fit. */
function blocksOf(results: readonly Result[]): Result[][] {
  const blocks: Result[][] = [];
  let left = 0;
  for (const result of results) {
    const width = widthOf(result);
    const block = blocks.at(-1);
    if (block === undefined || width > left) {
      blocks.push([result]);
      left = WIDTH - COLUMN_GAP - LABEL_WIDTH - width;
    } else {
      block.push(result);
      left -= width;
    }
  }
  return blocks;
}

function widthOf({ strategy: { name } }: Result): number {
  return Math.max(COLUMN_WIDTH_MIN, name.length + COLUMN_GAP);
}

function blockLines(block: readonly Result[], paint: Paint): string[] {
  const cells = (of: Row['of']): string => block.map((result) => of(result).padStart(widthOf(result))).join('');
  const lines = [paint.bold(`  ${''.padEnd(LABEL_WIDTH)}${cells(({ strategy }) => strategy.name)}`)];
  for (const { title, rows } of SECTIONS) {
    lines.push(paint.bold(title));
    for (const { label, of } of rows) lines.push(`  ${label.padEnd(LABEL_WIDTH)}${cells(of)}`);
  }
  return lines;
}

/** At most 80 columns; further lines are indented. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ` ${word === '' ? '' : ` ${word}`}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
