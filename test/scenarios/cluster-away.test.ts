import { afterAll, expect, test } from 'vitest';
import { CairnClient } from '../../src/client/client.ts';
import { stateThrough } from '../torture/cluster-clients.ts';
import { differenceOf } from '../torture/cluster-ledger.ts';
import { ClusterProcesses, until } from '../torture/cluster-processes.ts';

let cluster: ClusterProcesses | undefined;
afterAll(() => cluster?.close());

test('a replica that was away while half of the keys were deleted and reaped brings its own writes and nothing else', async () => {
  cluster = await ClusterProcesses.start({ seed: 1, args: ['--reap-every-ms', '250', '--log-level', 'warn'] });
  const { names } = cluster;
  const stateAt = (name: string) => stateThrough(running.url(name));
  const running = cluster;
  const [a, b, c] = names.map(
    (name) => new CairnClient({ urls: running.url(name), retries: 0, timeoutMs: 60_000 }),
  ) as [CairnClient, CairnClient, CairnClient];
  await cluster.linked();
  for (let at = 0; at < 40; at += 1) await a.put(`k/${at}`, `old ${at}`);
  await until(async () => (await stateAt('c')).keys.size === 40, 'c has everything');
  await cluster.cut('c', 'breaks');
  await a.changeMembers({ retire: 'c' });
  const touched = await c.get('k/1');
  await c.put('k/1', 'written while away', { context: touched.context ?? '' });
  await c.put('own', 'new');
  for (let at = 0; at < 20; at += 1) await b.delete(`k/${at}`);
  await until(
    async () => {
      const statuses = await Promise.all([a, b].map(async (client) => (await client.status()).stats));
      return statuses.every((stats) => stats['keys'] === 20 && stats['tombstones'] === 0);
    },
    'what was deleted is reaped at a and b',
    async () => JSON.stringify((await a.status()).tombstones),
  );
  await b.changeMembers({ join: 'c' });
  await cluster.heal();
  const states = async () =>
    new Map(await Promise.all(names.map(async (name) => [name, await stateAt(name)] as const)));
  await until(async () => differenceOf(await states()) === undefined, 'all are equal');
  for (const client of [a, b, c]) {
    const keys: string[] = [];
    for await (const { key } of client.list()) keys.push(key);
    expect(keys.filter((key) => key.startsWith('k/')).length).toBe(21);
    expect(await client.get('own')).toMatchObject({ status: 'live', value: 'new' });
    // The delete had not seen it, so it stays.
    expect(await client.get('k/1')).toMatchObject({ status: 'live', value: 'written while away' });
    expect((await client.get('k/2')).status).toBe('absent');
  }
}, 300_000);
