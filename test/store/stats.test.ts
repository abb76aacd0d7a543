import { expect, test } from 'vitest';
import { open, recordOf } from './replicas.ts';

test("stats count each kind of key, and leave out what is the store's own", async () => {
  const store = await open<string>('a');
  expect(store.stats()).toEqual({
    ...{ keys: 0, live: 0, conflicts: 0, tombstones: 0, siblings: 0, residuals: 0 },
    ...{ replicas: 0, reaped: 0, reapedByForce: 0, collisions: 0 },
  });
  for (const key of ['live 1', 'live 2', 'both', 'three', 'deleted', 'deleted twice']) await store.put(key, 'v');
  await store.put('both', 'w', { context: 'none' });
  await store.put('three', 'w', { context: 'none' });
  await store.delete('three', { context: 'none' });
  await store.delete('deleted');
  await store.delete('deleted twice');
  await store.delete('deleted twice', { context: 'none' });
  await store.receiveReplica('residual', recordOf('residual', '', 'x1'));
  await store.receiveReplica('live 2', recordOf('live 2', 'y1=v', 'y1 z3'));
  await store.join('b');
  expect(store.stats()).toEqual({
    ...{ keys: 6, live: 1, conflicts: 3, tombstones: 2, siblings: 9, residuals: 2 },
    ...{ replicas: 2, reaped: 0, reapedByForce: 0, collisions: 0 },
  });
  await store.reap({ force: true });
  expect(store.stats()).toMatchObject({ keys: 4, tombstones: 0, reaped: 0, reapedByForce: 2 });
});
