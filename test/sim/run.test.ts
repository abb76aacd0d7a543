import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';
import { traces } from './traces.ts';

describe('runPlan', () => {
  test('leaves the same trace whenever it runs a plan, and another one for another plan', async () => {
    const runs = { from: 40, count: 4, minutes: 0.2 };
    const once = await traces(runs);
    expect(await traces(runs)).toEqual(once);
    expect(new Set(once.map((line) => line.split(' ')[1])).size).toBe(runs.count);
  });

  test('a plan that went through JSON is the same plan', async () => {
    const plan = drawPlan(7, { minutes: 0.2 });
    const again = JSON.parse(JSON.stringify(plan)) as typeof plan; // what it was made of
    expect((await runPlan(again)).hash).toBe((await runPlan(plan)).hash);
  });

  test('a run does what its plan says: clients write and read, faults strike, and it ends equal', async () => {
    const { clients, struck, violation, operations, messages } = await runPlan(drawPlan(3, { profile: 'network' }));
    expect(violation).toBeUndefined();
    expect(clients.acknowledged).toBeGreaterThan(20);
    expect(clients.reads).toBeGreaterThan(20);
    expect(operations).toBeGreaterThanOrEqual(clients.acknowledged);
    expect(messages).toBeGreaterThan(100);
    expect(struck.size).toBeGreaterThan(4);
  });

  test.each(['clock-is-adopted-last', 'residuals-are-stripped', 'pushes-wait'] as const)(
    'a cluster without the rule %s breaks a law within a few schedules',
    async (rule) => {
      let law: string | undefined;
      for (let seed = 1; seed <= 120 && law === undefined; seed += 1)
        law = (await runPlan(drawPlan(seed, { minutes: 0.5 }), { broken: [rule] })).violation?.law;
      expect(law).toMatch(/^L\d+$/);
    },
  );
});
