import { describe, expect, it } from 'vitest';
import { oneReplica } from './one-replica.ts';
import { json, serveNode, told } from './serving.ts';

describe('CARE_ROUTES', () => {
  it('CARE_ROUTES show the status of the replica', async () => {
    const { ask, replica } = await serveNode();
    await replica.store.put('k', 1);
    expect(await told(await ask('/v1/status'))).toMatchObject({ name: 'berlin', id: replica.id, stats: { keys: 1 } });
  });

  it('CARE_ROUTES change the members: join, retire, replace', async () => {
    const { ask } = await serveNode();
    const post = async (body: unknown) => (await told(await ask('/v1/members', json('POST', body)))).members;
    expect(await post({ join: 'lima' })).toEqual(['berlin', 'lima']);
    expect(await post({ replace: 'lima', by: 'oslo' })).toEqual(['berlin', 'oslo']);
    expect(await post({ retire: 'oslo' })).toEqual(['berlin']);
    expect((await told(await ask('/v1/members'))).members).toEqual(['berlin']);
    for (const body of [{}, { join: 'a', retire: 'b' }, { replace: 'a' }, { by: 'a' }, { join: '' }, { join: 7 }, []]) {
      expect((await ask('/v1/members', json('POST', body))).status).toBe(400);
    }
  });

  it('CARE_ROUTES cut and heal links, and exchange', async () => {
    const replica = await oneReplica('berlin', { peers: ['lima/1'] });
    const { ask } = await serveNode({ replica });
    const post = async (path: string) => (await ask(path, { method: 'POST' })).status;
    expect(await post('/v1/links/lima%2F1/cut')).toBe(204);
    expect(await post('/v1/links/lima%2F1/heal')).toBe(204);
    expect(await post('/v1/exchange')).toBe(204);
    expect(replica.calls).toEqual(['cut lima/1', 'heal lima/1', 'exchange']);
    expect(await post('/v1/links/oslo/cut')).toBe(404);
    expect(await post('/v1/links/lima%2F1/other')).toBe(404);
    expect(await post('/v1/links/lima')).toBe(404);
  });

  it('CARE_ROUTES say whether the server lives and whether it is ready', async () => {
    const { ask, replica, handler } = await serveNode({ limits: { statusAgeMsMax: -1 } });
    expect((await ask('/healthz')).status).toBe(200);
    const ready = await ask('/readyz');
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
    handler.close();
    const draining = await ask('/readyz');
    expect([draining.status, await draining.json()]).toEqual([503, { status: 'draining' }]);
    await replica.store.close();
    expect((await ask('/healthz')).status).toBe(503);
  });

  it('CARE_ROUTES /readyz is 503 while the replica catches up', async () => {
    const replica = await oneReplica('berlin');
    const { ask } = await serveNode({
      replica: { ...replica, status: async () => ({ ...(await replica.status()), isReady: false }) },
    });
    const answer = await ask('/readyz');
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'catching up' }]);
  });
});
