import { describe, expect, it } from 'vitest';
import { ALL_STRATEGIES } from '../../../src/lab/strategies/registry.ts';

describe('ALL_STRATEGIES', () => {
  it('ALL_STRATEGIES has each name once, and it is the name of what it makes', () => {
    const names = ALL_STRATEGIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(ALL_STRATEGIES.map(({ make }) => make({}).name)).toEqual(names);
  });

  it('ALL_STRATEGIES names for each where its rule is documented', () => {
    for (const { make } of ALL_STRATEGIES) expect(make({}).source).toMatch(/^https:\/\/\S+$/);
  });

  it('ALL_STRATEGIES fills in what is not given', () => {
    const delay = ALL_STRATEGIES.find(({ name }) => name === 'riak-delay');
    expect(delay?.make({}).reaping?.delayMs).toBe(3_000);
    expect(delay?.make({ keyEpochs: true }).reaping?.delayMs).toBe(3_000);
    expect(delay?.make({ delayMs: 5 }).reaping?.delayMs).toBe(5);
  });

  it.each(ALL_STRATEGIES)('$name refuses an option it does not have', ({ name, make, options }) => {
    expect(() => make({ constructor: 1 })).toThrow(`Cannot make ${name}: it has no option constructor`);
    for (const option of Object.keys(options)) {
      expect(() => make({ [option]: 'much' })).toThrow(`Cannot make ${name}: ${option} is a string`);
    }
  });
});
