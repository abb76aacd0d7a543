import { expect, test } from 'vitest';
import { ERROR_MEANINGS } from '../../src/error-meanings.ts';
import { campaign } from './campaign.ts';
import { checkHealth } from './health.ts';
import { IN_PROCESS, openInProcess } from './in-process.ts';

test('a listening replica refuses thousands of hostile frames with codes, and holds what it held', async () => {
  const { listening, target } = await openInProcess();
  const seed = Number(process.env['CAIRN_SEED'] ?? Math.floor(Math.random() * 2 ** 40));
  const report = await campaign(target, { ...IN_PROCESS, frames: 6_000, seed });
  expect(report.broken?.what, `npm run fuzz:frames -- --quick --frames 6000 --seed ${seed}`).toBeUndefined();
  expect([...report.modes].sort()).toEqual(['difference', 'equal', 'mend', 'reconcile']);
  expect([...report.refusals.keys()].filter((code) => !Object.hasOwn(ERROR_MEANINGS, code))).toEqual([]);
  expect([...report.refusals.keys()]).toEqual(
    expect.arrayContaining([
      'ENCODING_INVALID',
      'FORBIDDEN',
      'PROTOCOL_VIOLATION',
      'UNAUTHENTICATED',
      'LIMIT_EXCEEDED',
    ]),
  );
  await listening.replica.close({ drainMs: 0 });
});

test('checkHealth finds a replica well whose keys are gone, which devices may do, and not one that takes no link', async () => {
  const { listening, target } = await openInProcess();
  const { store } = listening.replica;
  for (const key of ['__proto__', 'known/1']) await store.delete(key);
  await store.reap({ force: true });
  expect(await store.get('__proto__')).toMatchObject({ status: 'absent' });
  await checkHealth(target);
  listening.replica.cut('healthy');
  await expect(checkHealth(target)).rejects.toThrow(/found no replica any more: .* cut by hand/);
  await listening.replica.close({ drainMs: 0 });
});
