/**
 * A server that the bench of HTTP asks, in a process of its own: a replica in memory, or a bare server of node:http with
 * a Map. Tells its port, then, whenever it is asked, how many microseconds of the processor it has used.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openStore } from 'cairndb';
import { openReplica } from 'cairndb/replica';
import { createHttpHandler } from 'cairndb/server';
import { nodeHost, serveHttp } from 'cairndb/server/node';
import { SECRET } from './cluster-http.ts';

const [role = ''] = process.argv.slice(2);

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.send?.(role === 'bare' ? await bare() : await replica(role === 'replica with tokens'));

/** What a server costs that does nothing but what HTTP asks of it. */
function bare(): Promise<number> {
  const values = new Map<string, unknown>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const key = decodeURIComponent((request.url ?? '').slice('/v1/kv/'.length));
    if (request.method === 'PUT') {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        values.set(key, JSON.parse(Buffer.concat(pieces).toString()));
        response.writeHead(204).end();
      });
      return;
    }
    const body = JSON.stringify(values.get(key));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  const server = createServer(answer);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // of TCP
  });
}

async function replica(hasTokens: boolean): Promise<number> {
  const here = await openReplica({ store: await openStore({ name: 'here' }) });
  const tokens = hasTokens ? [{ name: 'bench', secret: SECRET, scopes: ['read', 'write'] as const }] : [];
  const handler = await createHttpHandler({ replica: here, host: nodeHost, tokens });
  return (await serveHttp({ handler })).port;
}
