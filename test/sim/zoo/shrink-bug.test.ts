/** How small plans get that show a bug of the zoo: `npm run shrink:figures` does it for all of them, this for some. */

import { expect, test } from 'vitest';
import { drawPlan } from '../../../src/sim/draw-plan.ts';
import type { Bug } from '../../../src/sim/zoo/bug.ts';
import { shrinkBug } from '../../../src/sim/zoo/shrink-bug.ts';
import { ZOO } from '../../../src/sim/zoo/zoo.ts';

/** What is aimed at over the whole zoo, as a median. */
const STEPS_MAX = 12;

test.each([
  ['last-writer-wins', 'L7'],
  ['write-answers-early', 'L2'],
  ['clock-is-not-stored', 'L12'],
  ['not: clock-is-adopted-last', 'L7'],
])('shrinkBug leaves a few steps that show %s, by the law of its plan', async (name, law) => {
  const bug = bugNamed(name);
  let found = 0;
  const onFound = (): void => {
    found += 1;
  };
  const shrunk = await shrinkBug(bug, { plansMax: 5, runsMax: 60, onFound });
  const drawn = drawPlan(shrunk?.plans ?? 0, bug.draw);
  expect([shrunk?.violation.law, shrunk?.before, found]).toEqual([law, drawn.steps.length, 1]);
  expect(shrunk?.plan.steps.length).toBeLessThanOrEqual(STEPS_MAX);
  expect(drawn.steps.length).toBeGreaterThan(10 * STEPS_MAX);
});

test('shrinkBug gives nothing where no plan shows it', async () => {
  const bug = bugNamed('last-writer-wins');
  const calm: Bug = { ...bug, draw: { ...bug.draw, operationsPerSecond: 1, minutes: 0.02, faults: [] }, plant: {} };
  expect(await shrinkBug(calm, { plansMax: 2 })).toBeUndefined();
});

test('shrinkBug refuses a bug that shows in one run of a plan and not in the next', async () => {
  const bug = bugNamed('last-writer-wins');
  const { replicas } = drawPlan(1, bug.draw);
  let opened = 0;
  const onStore: NonNullable<Bug['plant']['onStore']> = (store) => {
    opened += 1;
    if (opened <= replicas) bug.plant.onStore?.(store);
  };
  await expect(shrinkBug({ ...bug, plant: { onStore } }, { plansMax: 1 })).rejects.toThrow(
    'Cannot shrink last-writer-wins: its plan breaks a law once and not twice',
  );
});

function bugNamed(name: string): Bug {
  const bug = ZOO.find((one) => one.name === name);
  if (bug === undefined) throw new Error(`there is no bug "${name}"`);
  return bug;
}
