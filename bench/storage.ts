/**
 * `npm run bench:storage -- [--small] [--only PART] [--json]`: durable stores against the engines used by hand, every ratio within one
 * run. Misses are said, and are no failure of the command. It does not ask for garbage collections, as `npm run bench`
 * does: they drop compiled code, which the store has more of than the engine has.
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchStorageBulk } from './storage-bulk.ts';
import { benchStorageOpen } from './storage-open.ts';
import { formatStorageSummary, formatStorageTable, type StorageFigure, type StorageResult } from './storage-report.ts';
import { benchStorageSizes } from './storage-sizes.ts';
import { benchStorageWrites } from './storage-writes.ts';

type Part = (options: { readonly small: boolean }) => Promise<StorageFigure[]>;

const PARTS: Readonly<Record<string, Part>> = {
  writes: benchStorageWrites,
  open: benchStorageOpen,
  sizes: benchStorageSizes,
  bulk: benchStorageBulk,
};

/** Everything, or one part, in the order of the table. */
export async function benchStorage(options: {
  readonly small: boolean;
  readonly only?: string | undefined;
  readonly onPart?: (figures: readonly StorageFigure[]) => void;
}): Promise<StorageFigure[]> {
  const { small, only } = options;
  const parts = Object.entries(PARTS).filter(([name]) => only === undefined || name === only);
  if (parts.length === 0) throw new RangeError(`Cannot run "${only}": the parts are ${Object.keys(PARTS).join(', ')}`);
  const figures: StorageFigure[] = [];
  for (const [, part] of parts) {
    const own = await part({ small });
    figures.push(...own);
    options.onPart?.(own);
  }
  return figures;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      small: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const { small, json, only } = values;
  const onPart = (own: readonly StorageFigure[]): void => {
    if (!json) console.log(`${formatStorageTable(own)}\n`);
  };
  const figures = await benchStorage({ small, only, onPart });
  const result: StorageResult = {
    ...{ node: process.version, platform: `${process.platform} ${process.arch}` },
    ...{ small, figures },
  };
  console.log(json ? JSON.stringify(result, undefined, 2) : formatStorageSummary(figures));
}
