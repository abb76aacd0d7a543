/** How the tests run: `cairndb` means the sources, so that examples need no build. */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cairndb$/, replacement: source('index.ts') },
      { find: /^cairndb\/(level|lmdb|sqlite|indexeddb|memory)$/, replacement: source('storage/$1.ts') },
      { find: 'cairndb/server/node', replacement: source('server/node-server.ts') },
      { find: 'cairndb/memory-transport', replacement: source('transport/memory.ts') },
      { find: /^cairndb\/(websocket|websocket-node)$/, replacement: source('transport/$1.ts') },
      { find: 'cairndb/durable', replacement: source('store/durable/index.ts') },
      { find: /^cairndb\/([a-z]+)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/command.ts',
    // One more than the cores of a small machine: many tests wait for other processes, for time or for a browser.
    maxWorkers: 3,
    // No test waits for so long; a machine that is shared may take it.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
