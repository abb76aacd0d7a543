import { expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';
import { checkSiblings } from '../../src/testkit/history/check-siblings.ts';
import type { SiblingHistory } from '../../src/testkit/history/sibling-history.ts';

/** The history of a run whose clients carry session tokens; undefined where writes were lost for good. */
async function historyOfSeed(seed: number): Promise<SiblingHistory | undefined> {
  const plan = { ...drawPlan(seed, { profile: 'network', minutes: 0.5 }), hasSessions: true };
  let found: SiblingHistory | undefined;
  const { violation } = await runPlan(plan, {
    onHistory: (history) => {
      found = history;
    },
  });
  expect(violation).toBeUndefined();
  return found;
}

test('what clients of a simulated cluster saw is judged causal by the checker of histories', async () => {
  let reads = 0;
  for (let seed = 1; seed <= 6; seed += 1) {
    const history = await historyOfSeed(seed);
    if (history === undefined) continue;
    const verdict = checkSiblings(history);
    expect(verdict.violations, `seed ${seed}`).toEqual([]);
    for (const { operations } of history.sessions) reads += operations.filter(({ kind }) => kind === 'get').length;
  }
  expect(reads).toBeGreaterThan(100);
});

test('a history from which a read lost one of its siblings is judged not to be', async () => {
  const history = await historyOfSeed(2);
  const sessions = history?.sessions.map((session) => ({ ...session, operations: [...session.operations] })) ?? [];
  for (const { operations } of sessions) {
    const at = operations.findLastIndex((one) => one.kind === 'get' && one.shown.length > 1);
    const read = operations[at];
    if (read?.kind !== 'get') continue;
    // Its session has just seen all of them: that one of them is not shown any more can have no reason.
    operations.splice(at + 1, 0, { ...read, shown: read.shown.slice(1) });
  }
  expect(checkSiblings({ sessions }).violations.length).toBeGreaterThan(0);
});
