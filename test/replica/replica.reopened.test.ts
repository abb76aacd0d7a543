import { expect, test, vi } from 'vitest';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import { memoryTransport } from '../../src/transport/memory.ts';

const NAMES = ['amber', 'birch'] as const;
const PATIENCE = { timeout: 60_000, interval: 20 };

test('replicas that are opened again reap tombstones that they have only stored', async () => {
  const disks = new Map(NAMES.map((name) => [name, memoryStorage()]));
  const open = (reapEveryMs: number): Promise<Replica<string>[]> => {
    const transport = memoryTransport();
    return Promise.all(
      NAMES.map(async (name) => {
        const storage = disks.get(name) as StorageEngine; // one each
        return openReplica<string>({
          store: await openStore<string>({ name, members: NAMES, storage }),
          transports: [transport],
          listen: [`memory:${name}`],
          peers: NAMES.filter((other) => other !== name).map((other) => ({ name: other, address: `memory:${other}` })),
          limits: { exchangeEveryMs: 50, tellAfterMs: 20, redialMs: 10, reapEveryMs },
        });
      }),
    );
  };
  const before = await open(1_000_000);
  await before[0]?.store.put('kept', 'v');
  await before[0]?.store.put('gone', 'v');
  await before[0]?.store.delete('gone');
  await vi.waitFor(() => {
    for (const { store } of before) expect(store.stats()).toMatchObject({ live: 1, tombstones: 1 });
  }, PATIENCE);
  for (const replica of before) await replica.close();

  const after = await open(50);
  await vi.waitFor(() => {
    for (const { store } of after) expect(store.reaped.get(before[0]?.store.id ?? '')).toBe(3);
  }, PATIENCE);
  for (const { store } of after) {
    await store.load();
    expect(store.stats()).toMatchObject({ live: 1, tombstones: 0 });
  }
  for (const replica of after) await replica.close();
});
