/** Identities that live twice in the simulator: two copies of a disk at one place. Law: L23. */

import { expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';

test('an identity that lives twice is noticed, and everybody agrees in the end with nothing lost', async () => {
  const { violation, struck } = await runPlan(drawPlan(2, { profile: 'copies', minutes: 0.4, replicas: 2 }));
  expect(struck.get('living copy')).toBeGreaterThan(0);
  expect(violation).toBeUndefined();
});

// Found by the zoo: such a copy refused what it was told, for ever, and never began a new incarnation.
test('a copy that hears of more writes of its id in a residual alone goes on under a new incarnation', async () => {
  const plan = drawPlan(6, {
    ...{ replicas: 2, keys: 1, minutes: 0.4, operationsPerSecond: 20 },
    faults: ['living copy', 'living copy', 'living copy', 'partition', 'cut'],
    set: { r: 2, w: 1 },
  });
  const renewed: string[] = [];
  const { violation } = await runPlan(plan, {
    onEvent: ({ what, process }) => {
      if (what === 'report renewed') renewed.push(process);
    },
  });
  expect(violation).toBeUndefined();
  expect(renewed).not.toEqual([]);
});
