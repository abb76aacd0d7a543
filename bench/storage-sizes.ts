/**
 * What a durable store takes in its directory, against the same keys and JSON values by hand: once everything is
 * compacted, and once everything is deleted, reaped and compacted again. Exact, but for where LevelDB cuts its files.
 */

import { ensure } from './measure.ts';
import type { StorageFigure } from './storage-report.ts';
import { directoryBytes, fillCairn, fillRaw, inDirectories, openCairn, openRawLevel } from './storage-subjects.ts';
import { makeWorkload } from './workload.ts';

const SEED = 14;

/** Measures both sizes. */
export async function benchStorageSizes({ small }: { readonly small: boolean }): Promise<StorageFigure[]> {
  const count = small ? 5_000 : 100_000;
  const { keys, values } = makeWorkload(count, SEED);
  return inDirectories(async (fresh) => {
    const [rawDirectory, directory] = [fresh(), fresh()];
    const raw = await openRawLevel(rawDirectory);
    await fillRaw(raw, keys, values, false);
    await raw.compactRange('', '\uffff');
    await raw.close();
    const store = await openCairn(directory, 'level', 'buffered');
    await fillCairn(store, keys, values);
    await store.compact();
    await store.close();
    const rawBytes = directoryBytes(rawDirectory);
    const live = directoryBytes(directory);
    const again = await openCairn(directory);
    await again.load();
    for (let from = 0; from < count; from += 1_000)
      await again.batch(keys.slice(from, from + 1_000).map((key) => ({ delete: key })));
    await again.reap();
    ensure(again.stats().keys === 0, 'not every key was reaped');
    await again.compact();
    await again.close();
    const left = directoryBytes(directory);
    return [
      {
        name: `directory of ${count.toLocaleString('en')} keys, compacted, against raw level with JSON`,
        value: live / rawBytes,
        unit: 'times',
        floor: { atMost: 1.4 },
        note: `${(live / 1e6).toFixed(2)} MB, raw ${(rawBytes / 1e6).toFixed(2)} MB`,
      },
      {
        name: 'directory after deleting everything, reaping, compacting, against before',
        value: (left / live) * 100,
        unit: 'percent',
        floor: { atMost: 5 },
        note: `${(left / 1e3).toFixed(1)} kB`,
      },
    ];
  });
}
