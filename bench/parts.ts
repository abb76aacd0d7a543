/** What the benches that consist of parts share: their arguments, running all parts or one, and how the figures are printed. */

import { parseArgs } from 'node:util';
import { formatStorageSummary, formatStorageTable, type StorageFigure, type StorageResult } from './storage-report.ts';

type Part = (options: { readonly small: boolean }) => Promise<StorageFigure[]>;
export type Parts = Readonly<Record<string, Part>>;

export type PartsOptions = {
  readonly small: boolean;
  readonly only?: string | undefined;
  readonly onPart?: (figures: readonly StorageFigure[]) => void;
};

/** The figures of every part, or of one, in the order of the table. Throws: RangeError for a part that is none. */
export async function runParts(parts: Parts, { small, only, onPart }: PartsOptions): Promise<StorageFigure[]> {
  const chosen = Object.entries(parts).filter(([name]) => only === undefined || name === only);
  if (chosen.length === 0) throw new RangeError(`Cannot run "${only}": the parts are ${Object.keys(parts).join(', ')}`);
  const figures: StorageFigure[] = [];
  for (const [, part] of chosen) {
    const own = await part({ small });
    figures.push(...own);
    onPart?.(own);
  }
  return figures;
}

/** The command: `[--small] [--only PART] [--json]`. */
export async function commandOf(parts: Parts, title: string): Promise<void> {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const { small, json, only } = values;
  const onPart = (own: readonly StorageFigure[]): void => {
    if (!json) console.log(`${formatStorageTable(own, title)}\n`);
  };
  const figures = await runParts(parts, { small, only, onPart });
  const result: StorageResult = {
    ...{ node: process.version, platform: `${process.platform} ${process.arch}` },
    ...{ small, figures },
  };
  console.log(json ? JSON.stringify(result, undefined, 2) : formatStorageSummary(figures));
}
