import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';
import { shrinkPlan } from '../../src/sim/shrink-plan.ts';

const run = { broken: ['clock-is-adopted-last'] } as const;
const plan = drawPlan(1, { minutes: 0.1, profile: 'process' });

describe('shrinkPlan', () => {
  test('shrinkPlan gives a small plan that breaks the same law, and only when it is run the same way', async () => {
    const { violation } = await runPlan(plan, run);
    const shrunk = await shrinkPlan(plan, { run });
    expect(shrunk?.isComplete).toBe(true);
    expect(shrunk?.violation.law).toBe(violation?.law);
    expect(shrunk?.plan.steps.length).toBeLessThanOrEqual(5);
    expect(shrunk?.plan.replicas).toBe(2);
    expect((await runPlan(shrunk?.plan ?? plan, run)).violation).toEqual(shrunk?.violation);
    expect((await runPlan(shrunk?.plan ?? plan)).violation).toBeUndefined();
  });

  test('shrinkPlan gives the same plan each time, and keeps to its number of runs', async () => {
    const progress: number[] = [];
    const options = { run, runsMax: 12, onProgress: ({ runs }: { readonly runs: number }) => progress.push(runs) };
    const [one, other] = [await shrinkPlan(plan, options), await shrinkPlan(plan, options)];
    expect(one).toEqual(other);
    expect([one?.runs, one?.isComplete]).toEqual([12, false]);
    expect(progress).toEqual([...progress.slice(0, 11), ...progress.slice(0, 11)]);
    expect(progress.slice(0, 11)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('shrinkPlan takes no plan that breaks another law', async () => {
    for (const [profile, seed] of [
      ['membership', 12],
      ['process', 6],
      ['network', 11],
    ] as const) {
      const drawn = drawPlan(seed, { minutes: 0.08, profile });
      const { violation } = await runPlan(drawn, run);
      const shrunk = await shrinkPlan(drawn, { run, runsMax: 25 });
      expect(shrunk?.violation.law).toBe(violation?.law);
      expect(violation?.law).toMatch(/^L/);
    }
  });

  test('shrinkPlan stops when it is told to, with what it has', async () => {
    const shrunk = await shrinkPlan(plan, { run, isOver: () => true });
    expect([shrunk?.plan, shrunk?.runs, shrunk?.isComplete]).toEqual([plan, 1, false]);
  });

  test('shrinkPlan gives nothing when every law holds', async () => {
    expect(await shrinkPlan(drawPlan(2, { minutes: 0.02, profile: 'calm' }))).toBeUndefined();
  });
});
