/** How the tests run: two workers at most, and `cairndb` means the sources, so that examples need no build. */

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
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
