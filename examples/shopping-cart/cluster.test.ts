/**
 * The cart on a whole cluster, in node:test: replicas that crash, disks that fail and networks that part, in virtual time,
 * with the cart's own resolver deciding conflicts, its own way to add an article, and what must hold of every cart that
 * anybody is shown. Same seed, same run.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision, Resolver, Sibling } from 'cairndb';
import { type Application, drawPlan, type Plan, runPlan, shrinkPlan } from 'cairndb/sim';
import { type Line, mergeLines } from './cart.ts';

const SEEDS = [1, 2, 3, 4];

/** Clients of the simulator write texts: a line is JSON there. */
function overTexts(merge: (siblings: readonly Sibling<Line>[]) => Decision<Line>): Resolver<string> {
  return (siblings) => {
    const decision = merge(siblings.map((one) => (one.tombstone ? one : { ...one, value: JSON.parse(one.value) })));
    return decision.kind === 'value' ? { kind: 'value', value: JSON.stringify(decision.value) } : decision;
  };
}

/** Devices that add one of an article at a time, each with a note of its own; no cart holds more than was added. */
function cartWith(merge: (siblings: readonly Sibling<Line>[]) => Decision<Line>): () => Application {
  return () => {
    const added = new Map<string, number>();
    return {
      resolver: overTexts(merge),
      write: ({ key, number, base }) => {
        added.set(key, (added.get(key) ?? 0) + 1);
        const line: Line = base?.status === 'live' ? JSON.parse(base.value) : { quantity: 0, notes: [] };
        const notes = [...line.notes.slice(-2), `n${number}`].sort();
        return JSON.stringify({ quantity: line.quantity + 1, notes });
      },
      check: ({ key, answer, isEnd }) => {
        assert.notEqual(answer.status, 'conflict', 'the resolver decides every conflict');
        if (answer.status !== 'live') return;
        const { quantity, notes }: Line = JSON.parse(answer.value);
        assert.ok(quantity <= (added.get(key) ?? 0), `${quantity} are in the cart, and ${added.get(key)} were added`);
        if (isEnd) assert.deepEqual(notes, [...new Set(notes)].sort());
      },
    };
  };
}

/** Two or more devices that are cut off from one another now and then, crash, and resolve what they find in conflict. */
function planOf(seed: number): Plan {
  return drawPlan(seed, { faults: ['cut', 'crash', 'partition'], minutes: 0.2, keys: 2, operationsPerSecond: 10 });
}

for (const seed of SEEDS)
  test(`the cart on a cluster with faults: no more articles than were added (seed ${seed})`, async () => {
    const { violation } = await runPlan(planOf(seed), { application: cartWith(mergeLines) });
    assert.equal(violation, undefined);
  });

/** What looks right: nothing gets lost, and with every conflict that two devices resolve the cart grows. */
function addUp(siblings: readonly Sibling<Line>[]): Decision<Line> {
  const lines = siblings.flatMap((sibling) => (sibling.tombstone ? [] : [sibling.value]));
  if (lines.length === 0) return { kind: 'delete' };
  const notes = [...new Set(lines.flatMap((line) => line.notes))].sort();
  return { kind: 'value', value: { quantity: lines.reduce((sum, { quantity }) => sum + quantity, 0), notes } };
}

test('a cart that adds the quantities up is found out, in a handful of steps', async () => {
  const run = { application: cartWith(addUp) };
  const shrunk = await shrinkPlan(planOf(1), { run, runsMax: 60 });
  assert.equal(shrunk?.violation.law, 'own');
  assert.match(shrunk.violation.what, /are in the cart, and \d+ were added/);
  assert.ok(shrunk.plan.steps.length <= 12);
});
