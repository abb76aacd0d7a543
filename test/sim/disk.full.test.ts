import { expect, test } from 'vitest';
import { CALM, PLAN_VERSION, type Plan, QUICK_DISK } from '../../src/sim/plan.ts';
import { runPlan } from '../../src/sim/run.ts';

/** A replica that is brought two siblings, whose residuals it would strip, while its disk is full. */
const PLAN: Plan = {
  ...{ version: PLAN_VERSION, seed: 8, replicas: 5, members: 5, keys: ['k', '__proto__'], clients: 12 },
  ...{ durationMs: 24_000, hasSessions: false, durability: 'buffered', r: 3, w: 3, isSloppy: false, timeoutMs: 2_000 },
  ...{ hintTtlMs: 5_000, exchangeEveryMs: 2_000, reapEveryMs: 4_000, silenceMs: 4_000 },
  weather: { ...CALM, latency: { kind: 'uniform', fromMs: 20, toMs: 150 } },
  disk: QUICK_DISK,
  steps: [
    { at: 330, do: 'batch', client: 11, keys: [0, 1, 1, 1] },
    { at: 572, do: 'full disk', process: 4, ms: 1_000 },
  ],
};

test('a full disk is tried again now and then, and not without end', async () => {
  const { struck, violation } = await runPlan(PLAN);
  expect(violation).toBeUndefined();
  expect(struck.get('full disk')).toBeGreaterThan(0);
  expect(struck.get('full disk')).toBeLessThan(500);
});
