/**
 * Figures and how a person reads them: one line each, with floor and aim beside it and a plain mark. Every figure is
 * such that less is better, unless it has to be exact.
 */

export const PARTS = ['clock', 'store', 'memory', 'exchange', 'bundle'] as const;
export type Part = (typeof PARTS)[number];

/**
 * `slower`: how many times the baseline takes, shown as a speed (1/4.2). `times`: the same, shown as it is (0.9 ×).
 * `bytes` beside `kB`: the same number, shown in the unit its limit is given in.
 */
export type Unit = 'slower' | 'times' | 'bytes' | 'kB' | 'ms' | 'flights' | 'messages' | 'records';

export type Figure = {
  readonly part: Part;
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  /** At most this much, or exactly this much. */
  readonly floor?: number;
  readonly aim?: number;
  readonly isExact?: boolean;
  /** What the figure is made of: the two times of a ratio, say. */
  readonly note?: string;
};

export type BenchResult = {
  readonly node: string;
  readonly platform: string;
  readonly small: boolean;
  readonly figures: readonly Figure[];
};

export type Mark = 'aim met' | 'floor met' | 'MISSED' | '';

export function markOf({ value, floor, aim, isExact }: Figure): Mark {
  const meets = (limit: number): boolean => (isExact === true ? value === limit : value <= limit);
  if (aim !== undefined && meets(aim)) return 'aim met';
  if (floor !== undefined) return meets(floor) ? (aim === undefined ? 'aim met' : 'floor met') : 'MISSED';
  return '';
}

export function formatFigure(value: number | undefined, unit: Unit, isLimit = false): string {
  if (value === undefined) return '';
  switch (unit) {
    case 'slower':
      return `1/${short(value, 2, isLimit)}`;
    case 'times':
      return `${short(value, 2, isLimit)} ×`;
    case 'kB':
      return `${short(value / 1_000, 1, isLimit)} kB`;
    case 'bytes':
      return `${short(value, value < 100 ? 1 : 0, isLimit)} bytes`;
    case 'ms':
      return `${short(value, value < 10 ? 2 : 0, isLimit)} ms`;
    default:
      return `${value} ${unit}`;
  }
}

function short(value: number, digits: number, isLimit: boolean): string {
  return isLimit || Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

export function limitOf(figure: Figure, which: 'floor' | 'aim'): string {
  const limit = figure[which];
  if (limit === undefined) return '';
  const prefix = figure.unit === 'slower' ? '' : figure.isExact === true ? '= ' : '≤ ';
  return `${prefix}${formatFigure(limit, figure.unit, true)}`;
}

/** The figures as a table, a block for each part. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => ({
    part: figure.part,
    cells: [
      figure.name,
      formatFigure(figure.value, figure.unit),
      limitOf(figure, 'floor'),
      limitOf(figure, 'aim'),
      markOf(figure),
      figure.note ?? '',
    ],
  }));
  const head = ['', 'measured', 'floor', 'aim', '', ''];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map(({ cells }) => cells[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 || at >= 4 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const blocks = PARTS.flatMap((part) => {
    const own = rows.filter((row) => row.part === part).map(({ cells }) => line(cells));
    return own.length === 0 ? [] : [[line([part, ...head.slice(1)]), ...own].join('\n')];
  });
  return blocks.join('\n\n');
}

/** One sentence: how many figures meet what. */
export function formatSummary(figures: readonly Figure[]): string {
  const judged = figures.filter((figure) => markOf(figure) !== '');
  const count = (mark: Mark): number => judged.filter((figure) => markOf(figure) === mark).length;
  return `${judged.length} figures with a limit: ${count('aim met')} meet the aim, ${count('floor met')} the floor only, ${count('MISSED')} miss the floor`;
}
