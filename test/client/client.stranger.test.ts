import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Remote } from '../../src/cli/remote.ts';
import { CairnClient } from '../../src/client/client.ts';
import { serveNode } from '../server/serving.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server of something else: it answers everything with this. */
async function stranger(contentType: string, body: string, status = 200): Promise<string> {
  const server = createServer((_, answer) => answer.writeHead(status, { 'content-type': contentType }).end(body));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const READS: readonly (readonly [string, (client: CairnClient) => Promise<unknown>])[] = [
  ['get', (client) => client.get('k')],
  ['get of a key that no path names', (client) => client.get('.')],
  ['list', (client) => client.list().next()],
  ['conflicts', (client) => client.conflicts().next()],
  ['status', (client) => client.status()],
  ['members', (client) => client.members()],
];

const WRITES: typeof READS = [
  ['put', (client) => client.put('k', 1)],
  ['put of a key that no path names', (client) => client.put('.', 1)],
  ['delete', (client) => client.delete('k')],
  ['batch', (client) => client.batch([{ put: 'k', value: 1 }])],
  ['changeMembers', (client) => client.changeMembers({ join: 'lima' })],
];

const ANSWERS: readonly (readonly [type: string, body: string])[] = [
  ['text/html; charset=utf-8', '<h1>Sign in to this network</h1>'],
  ['application/json', '<h1>Sign in to this network</h1>'],
  ['application/json', '{"ok":true}'],
  ['application/json', 'null'],
  ['application/octet-stream', 'octets'],
];

describe('CairnClient before a server that is none of Cairn', () => {
  it.each(ANSWERS)('CairnClient takes no success of %s %s for an answer', async (type, body) => {
    const url = await stranger(type, body);
    const refusal = { name: 'CausalError', code: 'LINK_FAILED', details: { url, status: 200 } };
    const client = new CairnClient({ urls: url, retries: 0 });
    for (const [name, read] of READS)
      await expect(read(client), name).rejects.toMatchObject({ ...refusal, outcome: 'not-done' });
    for (const [name, write] of WRITES)
      await expect(write(client), name).rejects.toMatchObject({ ...refusal, outcome: 'unknown' });
    expect(client.session).toBe('');
    await expect(new Remote(url, undefined).status()).rejects.toMatchObject({ ...refusal, outcome: 'not-done' });
  });

  it('CairnClient takes no other status for an answer about a key', async () => {
    for (const status of [300, 404, 410]) {
      const url = await stranger('application/json', '{"status":"absent"}', status);
      await expect(new CairnClient({ urls: url, retries: 0 }).get('k')).rejects.toMatchObject({ code: 'LINK_FAILED' });
    }
  });

  it('CairnClient reads at the next server, and says what it met', async () => {
    const [{ url }, portal] = [await serveNode(), await stranger('text/html', '<h1>Sign in</h1>')];
    expect(await new CairnClient({ urls: [portal, url] }).get('k')).toMatchObject({ status: 'absent' });
    await expect(new CairnClient({ urls: portal, retries: 0 }).get('k')).rejects.toThrow(
      `Cannot use the answer 200 of ${portal}: no Cairn replica answers there, see to the address`,
    );
  });
});
