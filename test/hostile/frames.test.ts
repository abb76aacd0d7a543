import { expect, test } from 'vitest';
import { ERROR_MEANINGS } from '../../src/error-meanings.ts';
import { memoryTransport } from '../../src/transport/memory.ts';
import { FakeEnv } from '../replica/fake-env.ts';
import { campaign } from './campaign.ts';
import { KEYSPACE, openListening, tokenOf } from './listening.ts';

test('a listening replica refuses thousands of hostile frames with codes, and holds what it held', async () => {
  const env = new FakeEnv();
  const net = memoryTransport();
  const listening = await openListening(net.at('memory:target'), 'memory:target', { env });
  const seed = Number(process.env['CAIRN_SEED'] ?? Math.floor(Math.random() * 2 ** 40));
  const report = await campaign(
    {
      ...{ transport: net.at('memory:attacker'), address: listening.address, env, tokenOf, keyspace: KEYSPACE },
      pass: (ms) => env.pass(ms),
      nudge: () => env.pass(50),
      linger: () => env.settle(),
      id: async () => listening.replica.id,
      shape: listening.shape,
    },
    { frames: 6_000, seed, flipsMax: 120, sideBySide: 8 },
  );
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
