/**
 * `npm run bench:cluster -- [--small] [--only PART] [--json]`: what it costs to be a replica among others, every ratio
 * within one run, over loopback, in processes of their own. Misses are said, and are no failure of the command.
 */

import { fileURLToPath } from 'node:url';
import { benchClusterHttp } from './cluster-http.ts';
import { benchClusterLinks } from './cluster-links.ts';
import { commandOf, type Parts, type PartsOptions, runParts } from './parts.ts';
import type { StorageFigure } from './storage-report.ts';

const PARTS: Parts = { http: benchClusterHttp, links: benchClusterLinks };

/** Everything, or one part, in the order of the table. */
export function benchCluster(options: PartsOptions): Promise<StorageFigure[]> {
  return runParts(PARTS, options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await commandOf(PARTS, 'replicas');
