import { describe, expect, it } from 'vitest';
import { runSetting } from '../../../src/lab/experiment/run-setting.ts';
import type { Fault, ScriptStep } from '../../../src/lab/scenario/setting.ts';
import { riakDelay, riakImmediate, riakKeep } from '../../../src/lab/strategies/riak.ts';
import type { Strategy } from '../../../src/lab/strategies/strategy.ts';
import { LIVELY } from '../strategies/lively.ts';

const delay = { kind: 'constant', ms: 1 } as const;
const AWAY: Fault = { kind: 'away', atMs: 5, forMs: 15, replica: 2 };
const steps: readonly ScriptStep[] = [
  { atMs: 0, client: 0, do: 'put', key: 'a' },
  { atMs: 10, client: 0, do: 'delete', key: 'a' },
];
/** All is healed only after it. */
const LAST: ScriptStep = { atMs: 200, client: 1, do: 'read', key: 'another' };
const READ: ScriptStep = { atMs: 60, client: 1, do: 'read', key: 'a' };

/** How many tombstones are left after a put and a delete. */
function left(strategy: Strategy, faults: readonly Fault[], more: readonly ScriptStep[] = []): number | null {
  const network = {
    ...LIVELY.network,
    latency: { write: delay, acknowledge: delay, request: delay, response: delay },
    loss: 0,
    duplicate: 0,
  };
  const background = { ...LIVELY.background, exchangeEveryMs: 10, hints: undefined };
  const workload = { kind: 'script', steps: [...steps, ...more, LAST] } as const;
  return runSetting(strategy, { ...LIVELY, network, background, workload, faults }, 1).measures.tombstonesLeft;
}

describe('reaping on a cluster', () => {
  it.each([
    ['when all answered with the same tombstone', riakDelay({ delayMs: 5 }), [], [], 0],
    ['not while a replica is away', riakDelay({ delayMs: 5 }), [AWAY], [], 3],
    ['after a read that all answered with it', riakDelay({ delayMs: 5 }), [AWAY], [READ], 0],
    ['later, if by then all have it', riakDelay({ delayMs: 50 }), [AWAY], [], 0],
    ['at once, if told to', riakImmediate(), [], [], 0],
    ['not at once while a replica is away', riakImmediate(), [AWAY], [], 3],
    ['never, when tombstones are kept', riakKeep(), [], [READ], 3],
  ])('reaping happens %s', (_when, strategy, faults, more, tombstones) => {
    expect(left(strategy, faults, more)).toBe(tombstones);
  });
});
