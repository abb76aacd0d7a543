import { describe, expect, it } from 'vitest';
import { LATENCY_FITS } from '../../../src/lab/scenario/latency-fits.ts';
import { parseScenario } from '../../../src/lab/scenario/parse-scenario.ts';
import { plannedMs } from '../../../src/lab/scenario/planned.ts';
import { pointsOf, settingAt, settingsOf } from '../../../src/lab/scenario/settings.ts';

const base = { scenario: 1, name: 'x' } as const;

describe('settingsOf', () => {
  it('settingsOf is every combination but those in which R or W is larger than the cluster', () => {
    const scenario = parseScenario({
      ...base,
      replicas: [1, 3],
      r: [1, 2],
      w: [3, 1],
      network: [{}, { latency: 'YMMR' }],
    });
    const points = pointsOf(scenario).map(({ replicas, r, w, network }) => `${replicas}${r}${w} ${network}`);
    const each = ['111', '313', '311', '323', '321'];
    expect(points).toEqual([...each.map((one) => `${one} exponential 5 ms`), ...each.map((one) => `${one} YMMR`)]);
    const settings = settingsOf(scenario, 1);
    expect(settings.map(({ replicas, r, w, network }) => `${replicas}${r}${w} ${network.name}`)).toEqual(points);
    expect(settings[5]?.network.latency).toBe(LATENCY_FITS.YMMR);
  });

  it('settingsOf turns what is switched off into what is not there, and ends that are open into infinity', () => {
    const [off] = settingsOf(
      parseScenario({ ...base, exchangeEveryMs: null, hints: false, workload: { operations: 5, keys: 7 } }),
      1,
    );
    expect(off?.background).toEqual({
      exchangeEveryMs: undefined,
      readRepair: true,
      hints: undefined,
      tidyEveryMs: 1_000,
    });
    expect(off?.workload).toMatchObject({ operations: 5, durationMs: Infinity, keys: { count: 7 } });
    const [on] = settingsOf(parseScenario(base), 1);
    expect(on?.background).toMatchObject({ exchangeEveryMs: 1_000, hints: { ttlMs: 10_000, everyMs: 500 } });
    expect(on?.workload).toMatchObject({ operations: Number.MAX_SAFE_INTEGER, durationMs: 10_000 });
  });

  it('settingsOf draws a swarm from the seed: the same in every setting of a size, another for another seed', () => {
    const scenario = parseScenario({
      ...base,
      r: [1, 2],
      w: [1, 2],
      replicas: [3, 5],
      faults: { swarm: { count: 40 } },
    });
    const faultsOf = (seed: number, replicas: number) =>
      settingsOf(scenario, seed).flatMap((one) => (one.replicas === replicas ? [JSON.stringify(one.faults)] : []));
    expect(new Set(faultsOf(1, 3)).size).toBe(1);
    expect(new Set([...faultsOf(1, 3), ...faultsOf(2, 3), ...faultsOf(1, 5)]).size).toBe(3);
    for (const { replicas, faults, workload, network } of settingsOf(scenario, 5)) {
      expect(new Set(faults.map(({ kind }) => kind)).size).toBe(5);
      for (const fault of faults) {
        const touched = fault.kind === 'cut' ? fault.sides.flat() : [fault.replica];
        expect(touched.every((replica) => replica < replicas)).toBe(true);
        if (fault.kind === 'cut') expect([...touched].sort()).toEqual(Array.from({ length: replicas }, (_, at) => at));
        expect(fault.atMs).toBeLessThan(0.6 * plannedMs({ workload, network }));
        if ('forMs' in fault) expect(fault.forMs).toBeGreaterThanOrEqual(200);
      }
      expect(faults.map(({ atMs }) => atMs)).toEqual(faults.map(({ atMs }) => atMs).sort((one, other) => one - other));
    }
  });

  it('settingsOf cuts nobody off who is alone', () => {
    const scenario = parseScenario({ ...base, replicas: 1, faults: { swarm: { kinds: ['cut'], count: 9 } } });
    expect(settingsOf(scenario, 1)[0]?.faults).toEqual([]);
  });
});

describe('settingAt', () => {
  it('settingAt refuses a network that is not there', () => {
    expect(() => settingAt(parseScenario(base), { replicas: 3, r: 1, w: 1, network: 'far' }, 1)).toThrow(RangeError);
  });
});

describe('plannedMs', () => {
  it('plannedMs is the duration, or what so many operations take', () => {
    const planned = (workload: object): number => {
      const [setting] = settingsOf(parseScenario({ ...base, workload }), 1);
      return setting === undefined ? Number.NaN : plannedMs(setting);
    };
    expect(planned({ durationMs: 700 })).toBe(700);
    // 600 operations of 6 clients, each after 20 ms of thought and two messages of 5 ms.
    expect(planned({ operations: 600 })).toBe(3_000);
    expect(planned({ kind: 'probe', probesEach: 10, afterMs: [0, 100], gapMs: 50 })).toBe(1_000);
    expect(planned({ kind: 'script', steps: [{ atMs: 70, client: 0, do: 'put', key: 'a' }] })).toBe(70);
  });
});
