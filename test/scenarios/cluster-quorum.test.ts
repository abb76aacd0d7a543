import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CairnClient } from '../../src/client/client.ts';
import { ClusterProcesses, until } from '../torture/cluster-processes.ts';

let cluster: ClusterProcesses;
let a: CairnClient;
let b: CairnClient;

const clientOf = (name: string): CairnClient =>
  new CairnClient({ urls: cluster.url(name), retries: 0, timeoutMs: 60_000 });

beforeAll(async () => {
  const args = ['--r', '2', '--w', '2', '--timeout-ms', '8000', '--log-level', 'warn'];
  cluster = await ClusterProcesses.start({ seed: 1, args });
  await cluster.linked();
  [a, b] = [clientOf('a'), clientOf('b')];
}, 300_000);
afterAll(() => cluster.close());

describe('three replicas with R = W = 2', () => {
  test('with one of them killed, every read sees every acknowledged write', async () => {
    await cluster.kill('c');
    for (let at = 0; at < 25; at += 1) {
      const [writer, reader] = at % 2 === 0 ? [a, b] : [b, a];
      const { durableAt } = await writer.put('k', at);
      expect([...durableAt].sort()).toEqual(['a', 'b']);
      expect(await reader.get('k')).toMatchObject({ status: 'live', value: at });
    }
    await a.delete('k');
    expect((await b.get('k')).status).toBe('deleted');
  }, 120_000);

  test('a write that a second one does not confirm in time is told as unknown, with who has it, and arrives', async () => {
    await cluster.cut('b', 'silence');
    const failed = await a.put('unconfirmed', 1, { timeoutMs: 60_000 }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'QUORUM_NOT_MET', outcome: 'unknown', details: { w: 2, written: ['a'] } });
    await cluster.heal();
    await until(async () => (await b.get('unconfirmed', { r: 1 })).status === 'live', 'the write arrives');
  }, 300_000);

  test('with two of them killed, a write and a read are refused, and nothing was written', async () => {
    await cluster.kill('b');
    await until(
      async () => (await cluster.status('a')).peers.every(({ state }) => state !== 'connected'),
      'a has noticed that it is alone',
    );
    await expect(a.put('refused', 1)).rejects.toMatchObject({
      ...{ code: 'QUORUM_NOT_MET', outcome: 'not-done', details: { w: 2, written: [] } },
    });
    await expect(a.get('refused')).rejects.toMatchObject({ code: 'QUORUM_NOT_MET', outcome: 'not-done' });
    expect((await a.get('refused', { r: 1 })).status).toBe('absent');
    await Promise.all(['b', 'c'].map((name) => cluster.startReplica(name)));
    await cluster.linked();
    expect((await a.get('refused')).status).toBe('absent');
  }, 300_000);
});
