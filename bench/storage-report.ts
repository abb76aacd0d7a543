/**
 * The rows of the bench of durable stores and how a person reads them. Unlike those of report.ts some have to be large
 * and some small, so each floor says which.
 */

export type StorageUnit = 'times' | 'percent' | 'µs' | 'ms' | 'kB' | 'MB' | 'rows/s' | 'gets/s' | 'MB/s';

export type StorageFigure = {
  readonly name: string;
  readonly value: number;
  readonly unit: StorageUnit;
  readonly floor?: { readonly atLeast: number } | { readonly atMost: number };
  /** What the figure is made of. */
  readonly note?: string;
};

export type StorageResult = {
  readonly node: string;
  readonly platform: string;
  readonly small: boolean;
  readonly figures: readonly StorageFigure[];
};

/** Whether a figure has a floor and does not meet it. */
export function isMissed({ value, floor }: StorageFigure): boolean {
  if (floor === undefined) return false;
  return 'atLeast' in floor ? !(value >= floor.atLeast) : !(value <= floor.atMost);
}

export function formatValue(value: number, unit: StorageUnit): string {
  switch (unit) {
    case 'times':
      return `${value.toFixed(2)} ×`;
    case 'percent':
      return `${value.toFixed(1)} %`;
    case 'µs':
    case 'ms':
    case 'kB':
    case 'MB':
    case 'MB/s':
      return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
    default:
      return `${Math.round(value).toLocaleString('en')} ${unit}`;
  }
}

export function formatFloor({ floor, unit }: StorageFigure): string {
  if (floor === undefined) return '';
  const name = unit === 'times' ? '×' : unit === 'percent' ? '%' : unit;
  return 'atLeast' in floor ? `≥ ${floor.atLeast} ${name}` : `≤ ${floor.atMost} ${name}`;
}

/** The cells of a row: name, measured, floor, mark, note. */
export function cellsOf(figure: StorageFigure): string[] {
  const mark = figure.floor === undefined ? '' : isMissed(figure) ? 'MISSED' : 'floor met';
  return [figure.name, formatValue(figure.value, figure.unit), formatFloor(figure), mark, figure.note ?? ''];
}

/** The figures as a table for a terminal. */
export function formatStorageTable(figures: readonly StorageFigure[], title = 'durable stores'): string {
  const rows = [[title, 'measured', 'floor', '', 'note'], ...figures.map(cellsOf)];
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 1 || at === 2 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** The figures as a table for a document. */
export function formatStorageMarkdown(figures: readonly StorageFigure[]): string {
  const head = ['measure', 'measured', 'floor', '', 'made of'];
  return [head, head.map(() => '---'), ...figures.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** One sentence: how many figures meet their floor. */
export function formatStorageSummary(figures: readonly StorageFigure[]): string {
  const judged = figures.filter(({ floor }) => floor !== undefined);
  const missed = judged.filter(isMissed).length;
  return `${judged.length} figures with a floor: ${judged.length - missed} meet it, ${missed} miss it`;
}
