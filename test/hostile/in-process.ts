/** The attack as the tests run it: target and attackers in one process, over memory, in time that a seed alone makes. */

import { memoryTransport } from '../../src/transport/memory.ts';
import { FakeEnv } from '../replica/fake-env.ts';
import type { Target } from './attack.ts';
import type { CampaignOptions } from './campaign.ts';
import { KEYSPACE, type Listening, openListening, tokenOf } from './listening.ts';

/** How far a campaign in one process goes. */
export const IN_PROCESS: Pick<CampaignOptions, 'flipsMax' | 'sideBySide'> = { flipsMax: 120, sideBySide: 8 };

/** A replica that listens, and the way to it. */
export async function openInProcess(): Promise<{ readonly listening: Listening; readonly target: Target }> {
  const env = new FakeEnv();
  const net = memoryTransport();
  const listening = await openListening(net.at('memory:target'), 'memory:target', { env });
  const target: Target = {
    ...{ transport: net.at('memory:attacker'), address: listening.address, env, tokenOf, keyspace: KEYSPACE },
    pass: (ms) => env.pass(ms),
    nudge: () => env.pass(50),
    linger: () => env.settle(),
    id: async () => listening.replica.id,
    shape: listening.shape,
  };
  return { listening, target };
}
