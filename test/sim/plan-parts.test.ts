import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { isClientStep, type Plan, type PlanStep } from '../../src/sim/plan.ts';
import {
  keysOfStep,
  namesProcess,
  withFewestClients,
  withFewestKeys,
  withKeyOnly,
  withoutProcess,
  withSteps,
} from '../../src/sim/plan-parts.ts';

const plan: Plan = drawPlan(1, { minutes: 0.01, replicas: 3 });
const of = (steps: readonly PlanStep[], more: Partial<Plan> = {}): Plan => ({ ...plan, members: 3, ...more, steps });
const put = (client: number, key: number): PlanStep => ({ at: 0, do: 'put', client, key, context: 'none' });

describe('namesProcess', () => {
  test('namesProcess knows which numbers of a step are processes', () => {
    expect(namesProcess({ at: 0, do: 'restore', process: 1, from: 2, downMs: 1 }, 1)).toBe(true);
    expect(namesProcess({ at: 0, do: 'restore', process: 1, from: 2, downMs: 1 }, 2)).toBe(false);
    expect(namesProcess({ at: 0, do: 'hold', from: 1, to: 2, ms: 1 }, 2)).toBe(true);
    expect(namesProcess({ at: 0, do: 'stale record', record: 0, to: 2 }, 0)).toBe(false);
    expect(namesProcess({ at: 0, do: 'replace', process: 0, member: 1, by: 2 }, 2)).toBe(true);
    expect(namesProcess(put(2, 2), 2)).toBe(false);
  });
});

describe('withoutProcess', () => {
  test('withoutProcess drops what names it, and renumbers everybody after it and the clients at home there', () => {
    const before = of(
      [
        ...[put(0, 0), put(1, 0), put(2, 0), put(5, 0)],
        { at: 1, do: 'cut', from: 0, to: 2, isBothWays: true, isLossy: false, ms: 5 },
        { at: 2, do: 'cut', from: 0, to: 1, isBothWays: true, isLossy: false, ms: 5 },
        { at: 3, do: 'partition', sides: [0, 1, 2], isLossy: false, ms: 5 },
        { at: 4, do: 'restore', process: 2, from: 2, downMs: 5 },
        { at: 5, do: 'move', client: 2, to: 2 },
      ],
      { r: 3, w: 2 },
    );
    const after = withoutProcess(before, 1);
    expect([after.replicas, after.members, after.r, after.w]).toEqual([2, 2, 2, 2]);
    expect(after.steps).toEqual([
      ...[put(0, 0), put(1, 0), put(3, 0)],
      { at: 1, do: 'cut', from: 0, to: 1, isBothWays: true, isLossy: false, ms: 5 },
      { at: 3, do: 'partition', sides: [0, 2], isLossy: false, ms: 5 },
      { at: 4, do: 'restore', process: 1, from: 2, downMs: 5 },
      { at: 5, do: 'move', client: 1, to: 1 },
    ]);
    expect(after.clients).toBe(4);
  });

  test('withoutProcess of drawn plans never names a process that is not there', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const drawn = drawPlan(seed, { minutes: 0.3, replicas: 4 });
      const { steps, replicas, clients } = withoutProcess(drawn, seed % 4);
      expect(replicas).toBe(3);
      expect(steps.some((step) => namesProcess(step, 3))).toBe(false);
      expect(steps.every((step) => !isClientStep(step) || step.client < clients)).toBe(true);
    }
  });
});

describe('withKeyOnly', () => {
  test('withKeyOnly keeps the steps of clients on one key, and all that are no client’s', () => {
    const keys = ['a', 'b'];
    const batch: PlanStep = { at: 1, do: 'batch', client: 0, keys: [0, 1, 2] };
    const move: PlanStep = { at: 2, do: 'move', client: 0, to: 1 };
    const rot: PlanStep = { at: 3, do: 'bit rot', process: 0, key: 1 };
    expect(withKeyOnly(of([put(0, 0), put(0, 3), batch, move, rot], { keys }), 'a').steps).toEqual([
      ...[put(0, 0), { ...batch, keys: [0, 2] }, move, rot],
    ]);
  });
});

describe('withFewestClients', () => {
  test('withFewestClients numbers the clients that do something anew, each at home where it was', () => {
    const { steps, clients } = withFewestClients(of([put(7, 0), put(4, 0), put(8, 0)]));
    expect(steps).toEqual([put(4, 0), put(1, 0), put(2, 0)]);
    expect(clients).toBe(5);
  });
});

describe('withFewestKeys', () => {
  test('withFewestKeys lets go of keys that no step names', () => {
    const before = of([put(0, 3), { at: 1, do: 'batch', client: 0, keys: [1, 4] }], { keys: ['a', 'b', 'c'] });
    const after = withFewestKeys(before);
    expect(after.keys).toEqual(['a', 'b']);
    expect(after.steps.map(keysOfStep)).toEqual([[0], [1, 1]]);
    expect(withFewestKeys(withSteps(before, [])).keys).toEqual(before.keys);
  });
});
