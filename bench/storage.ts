/**
 * `npm run bench:storage -- [--small] [--only PART] [--json]`: durable stores against the engines used by hand, every ratio within one
 * run. Misses are said, and are no failure of the command. It does not ask for garbage collections, as `npm run bench`
 * does: they drop compiled code, which the store has more of than the engine has.
 */

import { fileURLToPath } from 'node:url';
import { commandOf, type Parts, type PartsOptions, runParts } from './parts.ts';
import { benchStorageBulk } from './storage-bulk.ts';
import { benchStorageOpen } from './storage-open.ts';
import type { StorageFigure } from './storage-report.ts';
import { benchStorageSizes } from './storage-sizes.ts';
import { benchStorageWrites } from './storage-writes.ts';

const PARTS: Parts = {
  writes: benchStorageWrites,
  open: benchStorageOpen,
  sizes: benchStorageSizes,
  bulk: benchStorageBulk,
};

/** Everything, or one part, in the order of the table. */
export function benchStorage(options: PartsOptions): Promise<StorageFigure[]> {
  return runParts(PARTS, options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await commandOf(PARTS, 'durable stores');
