/** What Node knows of its process, and does quicker than the web: figures for /metrics, SHA-256 at once. */

import { createHash } from 'node:crypto';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { HttpHost } from './handler.ts';

let delay: IntervalHistogram | undefined;

/** For `createHttpHandler` on Node. */
export const nodeHost: HttpHost = {
  digest: (text) => createHash('sha256').update(text).digest(),
  figures: () => {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const figures = {
      residentBytes: rss,
      heapBytes: heapUsed,
      cpuSeconds: (user + system) / 1e6,
      uptimeSeconds: process.uptime(),
      eventLoopLagSeconds: delay === undefined ? 0 : Math.max(0, delay.percentile(99) / 1e9),
    };
    // Measured from one look to the next: who never looks pays nothing.
    if (delay === undefined) {
      delay = monitorEventLoopDelay({ resolution: 20 });
      delay.enable();
    }
    delay.reset();
    return figures;
  },
};
