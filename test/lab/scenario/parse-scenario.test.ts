import { describe, expect, it } from 'vitest';
import { LATENCY_FITS } from '../../../src/lab/scenario/latency-fits.ts';
import { parseScenario, ScenarioError } from '../../../src/lab/scenario/parse-scenario.ts';
import { GOOD, NO_SENSE, WRONG_FORM } from './scenarios.ts';

/** What refuses it: where, and by which rule. */
function refusal(data: unknown): readonly [string, string] | undefined {
  try {
    parseScenario(data);
    return undefined;
  } catch (error) {
    if (error instanceof ScenarioError) return [error.path, error.rule];
    throw error;
  }
}

describe('parseScenario', () => {
  it('parseScenario fills in every default, so that what it gives is a scenario that stays as it is', () => {
    for (const data of GOOD) {
      const full = parseScenario(data);
      expect(parseScenario(JSON.parse(JSON.stringify(full)))).toEqual(full);
      expect(JSON.stringify(parseScenario(full))).toBe(JSON.stringify(full));
    }
    const full = parseScenario({ scenario: 1, name: 'x', seeds: 3, network: { loss: 0.25 } });
    expect(full).toMatchObject({ seeds: [1, 2, 3], replicas: [3], r: [1], w: [1], readRepair: true });
    expect(full.network).toEqual([
      { name: 'exponential 5 ms, loss 0.25', latency: { kind: 'exponential', meanMs: 5 }, loss: 0.25, duplicate: 0 },
    ]);
    expect(full.workload).toMatchObject({ kind: 'drawn', operations: null, durationMs: 10_000 });
  });

  it('parseScenario lets a number of operations end the workload where no duration is given', () => {
    const full = parseScenario({ scenario: 1, name: 'x', workload: { operations: 50 } });
    expect(full.workload).toMatchObject({ operations: 50, durationMs: null });
  });

  it('parseScenario refuses a wrong form and names its path', () => {
    for (const [path, data] of WRONG_FORM) expect([data, refusal(data)]).toEqual([data, [path, 'form']]);
  });

  it('parseScenario refuses what makes no sense and names its path', () => {
    for (const [path, data] of NO_SENSE) expect([data, refusal(data)]).toEqual([data, [path, 'sense']]);
  });

  it('parseScenario says what it saw and what it would take', () => {
    const says = (data: unknown): string => {
      try {
        return JSON.stringify(parseScenario(data));
      } catch (error) {
        return (error as Error).message;
      }
    };
    const base = { scenario: 1, name: 'x' };
    expect(says({ ...base, replicas: [3, 0] })).toBe(
      'Cannot take the scenario: replicas[1] is 0, give a whole number from 1 to 64',
    );
    expect(says({ ...base, hints: { ttl: 5 } })).toBe(
      'Cannot take the scenario: hints has a field "ttl", give only ttlMs, everyMs',
    );
    expect(says({ scenario: 1 })).toBe(
      'Cannot take the scenario: name is not there, give a text of 1 to 100 characters',
    );
    expect(says({ ...base, r: 4 })).toBe('Cannot take the scenario: r is 4, give at most the number of replicas, 3');
  });

  it('parseScenario takes no field for one that every object has', () => {
    expect(refusal(JSON.parse('{"scenario":1,"name":"x","__proto__":{"replicas":5}}'))).toEqual(['', 'form']);
    expect(refusal(JSON.parse('{"scenario":1,"name":"x","workload":{"kind":"constructor"}}'))).toEqual([
      'workload',
      'form',
    ]);
  });

  it('parseScenario knows the published fits by name', () => {
    for (const name of Object.keys(LATENCY_FITS))
      expect(parseScenario({ scenario: 1, name: 'x', network: { latency: name } }).network[0]).toMatchObject({
        name,
        latency: name,
      });
  });
});
