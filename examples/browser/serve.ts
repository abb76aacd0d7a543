/**
 * `npm run example:browser`: bundles the page, serves it, and runs the replica `home` that pages link with, all on one
 * port of this machine. The notes of `home` are kept in .cairn/notes.
 */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openStore } from 'cairndb';
import { level } from 'cairndb/level';
import { openReplica, type Replica } from 'cairndb/replica';
import { nodeWebSocketTransport } from 'cairndb/websocket-node';
import { build } from 'esbuild';

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Serves the page and its home; `directory` undefined keeps everything in memory. */
export async function serveNotes(
  port: number,
  directory: string | undefined,
): Promise<{ readonly url: string; readonly home: Replica<unknown>; readonly close: () => Promise<void> }> {
  const bundle = await build({
    ...{ entryPoints: [path('notes.ts')], bundle: true, format: 'esm', target: 'es2022', write: false },
    tsconfig: path('../../tsconfig.json'),
  });
  const script = bundle.outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/notes.js';
    response.setHeader('content-type', `text/${isScript ? 'javascript' : 'html'}; charset=utf-8`);
    response.end(isScript ? script : readFileSync(path('notes.html')));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const storage = directory === undefined ? {} : { storage: level(directory) };
  const home = await openReplica<unknown>({ store: await openStore<unknown>({ name: 'home', ...storage }) });
  const door = nodeWebSocketTransport({ origins: [url] }).attach(server, { onLink: (link) => home.take(link) });
  const close = async (): Promise<void> => {
    await door.close();
    await home.close();
    await ended(server);
  };
  return { url, home, close };
}

function ended(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url, close } = await serveNotes(4_050, '.cairn/notes');
  console.log(`Open ${url} in two windows; take one offline, change a note in both, and go online again.`);
  process.on('SIGINT', () => void close());
}
