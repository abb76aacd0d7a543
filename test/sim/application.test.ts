import { describe, expect, test } from 'vitest';
import { type Application, RunningApplication, type Shown, type Writing } from '../../src/sim/application.ts';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import type { Violation } from '../../src/sim/observer.ts';
import type { Plan } from '../../src/sim/plan.ts';
import { runPlan } from '../../src/sim/run.ts';
import { shrinkPlan } from '../../src/sim/shrink-plan.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Resolver } from '../../src/store/resolve.ts';

const plan = drawPlan(1, { faults: ['cut'], minutes: 0.05, keys: 1, replicas: 3, operationsPerSecond: 20 });

/** The greatest text of all. */
const greatest: Resolver<string> = (siblings) => {
  const values = siblings.flatMap((one) => (one.tombstone ? [] : [one.value]));
  return values.length === 0 ? { kind: 'delete' } : { kind: 'value', value: values.toSorted().at(-1) ?? '' };
};

async function violationOf(application: Application, of: Plan = plan): Promise<Violation | undefined> {
  return (await runPlan(of, { application: () => application })).violation;
}

describe('runPlan with an application', () => {
  test('runPlan decides conflicts by its resolver, writes what it says, and lets it look at everything', async () => {
    const [writings, shows]: [Writing[], Shown[]] = [[], []];
    const write = (writing: Writing): string => {
      writings.push(writing);
      return `w${writing.number}`;
    };
    const check = (shown: Shown): void => void shows.push(shown);
    expect(await violationOf({ resolver: greatest, write, check })).toBeUndefined();
    expect(writings.filter(({ base }) => base?.status === 'live').length).toBeGreaterThan(5);
    expect(writings.filter(({ base }) => base === undefined).length).toBeGreaterThan(0);
    expect(new Set(writings.map(({ number }) => number)).size).toBe(writings.length);
    const decided = shows.filter(({ answer }) => answer.siblings.length > 1);
    expect(decided.length).toBeGreaterThan(0);
    expect(decided.filter(({ answer }) => answer.status === 'conflict')).toEqual([]);
    expect(shows.filter(({ isEnd }) => isEnd).map(({ replica, key }) => `${replica} ${key}`)).toEqual([
      'amber k',
      'birch k',
      'cedar k',
    ]);
  });

  test('runPlan goes the same way beside an application that only looks', async () => {
    const [alone, beside] = [
      await runPlan(plan),
      await runPlan(plan, { application: () => ({ check: () => undefined }) }),
    ];
    expect(beside.hash).toBe(alone.hash);
  });

  test('runPlan makes the application anew, so that shrinking it begins each time from nothing', async () => {
    let made = 0;
    const application = (): Application => {
      made += 1;
      let shown = 0;
      const check = ({ answer }: Shown): void => {
        shown += answer.siblings.length > 1 ? 1 : 0;
        if (shown > 0) throw new Error(`${shown} conflicts were shown`);
      };
      return { check };
    };
    const shrunk = await shrinkPlan(plan, { run: { application }, runsMax: 40 });
    expect([shrunk?.violation.law, shrunk?.violation.what]).toEqual([
      'own',
      expect.stringMatching(/: 1 conflicts were shown$/),
    ]);
    expect(shrunk?.plan.steps.length).toBeLessThanOrEqual(12);
    expect(made).toBe(shrunk?.runs);
  });

  test('runPlan says L18 of a resolver that depends on more than siblings', async () => {
    let asked = 0;
    const resolver: Resolver<string> = () => {
      asked += 1;
      return { kind: 'value', value: `asked ${asked} times` };
    };
    expect(await violationOf({ resolver })).toMatchObject({ law: 'L18', key: 'k' });
  });

  test('runPlan says so when an application writes a text twice', async () => {
    expect(await violationOf({ write: () => 'always' })).toMatchObject({
      law: 'L21',
      what: expect.stringContaining('Cannot write always again: put the number into it'),
    });
  });
});

describe('RunningApplication', () => {
  test('RunningApplication looks at nothing where nothing was asked for, and at no store that is not open', async () => {
    const found: Violation[] = [];
    const fails: Application = {
      check: ({ replica }) => {
        throw new Error(`looked at ${replica}`);
      },
    };
    const store = await openStore<string>({ name: 'amber' });
    const replicas = [
      { name: 'amber', store },
      { name: 'birch', store: undefined },
    ];
    new RunningApplication({}, (violation) => found.push(violation)).lookAtAll(replicas, ['k'], true);
    expect(found).toEqual([]);
    new RunningApplication(fails, (violation) => found.push(violation)).lookAtAll(replicas, ['k'], true);
    expect(found).toEqual([{ law: 'own', what: 'amber shows "k" absent: looked at amber', key: 'k' }]);
  });
});
