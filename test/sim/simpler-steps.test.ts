import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { simplerSettings, simplerSteps } from '../../src/sim/simpler-steps.ts';

const plans = Array.from({ length: 40 }, (_, at) => drawPlan(at, { minutes: 0.5 }));

describe('simplerSteps', () => {
  test('simplerSteps of any step are other steps at the same time, and end with one that has none', () => {
    for (const { steps } of plans) {
      for (const step of steps) {
        let [plainest, rounds] = [step, 0];
        for (let next = simplerSteps(plainest); next[0] !== undefined; next = simplerSteps(plainest)) {
          for (const simpler of next) {
            expect(simpler).not.toEqual(plainest);
            expect(simpler.at).toBe(step.at);
          }
          plainest = next[0];
          rounds += 1;
          expect(rounds).toBeLessThan(40);
        }
      }
    }
  });

  test('simplerSteps makes a crash plain in every way there is', () => {
    const crash = { at: 1, do: 'crash', process: 0, isPower: true, isReset: false, turns: 3, downMs: 1_000 } as const;
    const { turns, ...atOnce } = crash;
    expect(simplerSteps(crash)).toEqual([
      atOnce,
      { ...crash, isPower: false },
      { ...crash, isReset: true },
      { ...crash, downMs: 50 },
    ]);
    expect(turns).toBe(3);
  });
});

describe('simplerSettings', () => {
  test('simplerSettings end with a plan that has none', () => {
    for (const plan of plans) {
      let plainest = plan;
      for (let rounds = 0; rounds < 40; rounds += 1)
        for (const [first] of simplerSettings(plainest)) plainest = { ...plainest, ...first };
      expect(simplerSettings(plainest).flat()).toEqual([]);
    }
  });
});
