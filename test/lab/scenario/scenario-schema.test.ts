import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isScenarioSchemaCurrent } from '../../../scripts/docs-scenario.ts';
import { PRESETS } from '../../../src/lab/presets/presets.ts';
import { parseScenario, ScenarioError } from '../../../src/lab/scenario/parse-scenario.ts';
import { GOOD, NO_SENSE, WRONG_FORM } from './scenarios.ts';

const schema = JSON.parse(readFileSync(new URL('../../../docs/scenario.schema.json', import.meta.url), 'utf8'));
const isValid = new Ajv2020({ strict: true }).compile(schema);

/** What the parser says of the form. */
function isFormed(data: unknown): boolean {
  try {
    parseScenario(data);
    return true;
  } catch (error) {
    if (error instanceof ScenarioError) return error.rule === 'sense';
    throw error;
  }
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Values that sit near the bounds of some field. */
const value: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    0,
    1,
    2,
    3,
    64,
    65,
    0.5,
    -1,
    1.5,
    1e20,
    '',
    'cairn',
    'LNKD-SSD',
    'a\nb',
    '*',
  ),
  fc.constantFrom<Json>(
    [],
    {},
    [1],
    [1, 1],
    [[0], [1]],
    [{}],
    { kind: 'constant', ms: 1 },
    { swarm: {} },
    { use: 'x' },
  ),
  fc.constantFrom<Json>(
    { kind: 'zipf', skew: 1 },
    { kind: 'mixture', of: [] },
    ['cut', 'clock'],
    ['writesLost'],
    'drawn',
  ),
);
const NAMES = [
  'kind',
  'r',
  'name',
  'hints',
  'atMs',
  'meanMs',
  'mix',
  'keys',
  'options',
  'steps',
  'read',
  'stray',
  '__proto__',
];

/** One place changed: another value, a field less or a field more. `at` walks down to it. */
function changed(data: Json, at: readonly number[], to: Json, name: string | undefined): Json {
  const [first, ...rest] = at;
  if (typeof data !== 'object' || data === null || first === undefined) return to;
  if (Array.isArray(data)) {
    if (data.length === 0) return [to];
    return data.map((entry: Json, index) => (index === first % data.length ? changed(entry, rest, to, name) : entry));
  }
  const entries = Object.entries(data as { readonly [name: string]: Json });
  if (name !== undefined && (rest.length === 0 || entries.length === 0))
    return Object.fromEntries([...entries.filter(([field]) => field !== name), [name, to]]);
  if (entries.length === 0) return to;
  const here = first % entries.length;
  if (rest.length === 0) return Object.fromEntries(entries.filter((_, index) => index !== here));
  return Object.fromEntries(
    entries.map(([field, inner], index) => [field, index === here ? changed(inner, rest, to, name) : inner]),
  );
}

const starts: readonly Json[] = [
  ...(GOOD as readonly Json[]),
  ...(JSON.parse(JSON.stringify(GOOD.map((data) => parseScenario(data)))) as Json[]),
];

describe('scenarioSchema', () => {
  it('scenarioSchema is what docs/scenario.schema.json holds, under an id with its version', () => {
    expect(isScenarioSchemaCurrent()).toBe(true);
    expect(schema.$id).toBe('urn:cairndb:scenario:1');
  });

  it('scenarioSchema and parseScenario take and refuse the same forms', () => {
    for (const data of [...GOOD, ...GOOD.map(parseScenario), ...PRESETS.map(({ scenario }) => scenario)])
      expect([data, isValid(data), isFormed(data)]).toEqual([data, true, true]);
    for (const [, data] of NO_SENSE) expect([data, isValid(data), isFormed(data)]).toEqual([data, true, true]);
    for (const [, data] of WRONG_FORM) expect([data, isValid(data), isFormed(data)]).toEqual([data, false, false]);
  });

  it('scenarioSchema and parseScenario agree about random changes of good scenarios', () => {
    const seen = { good: 0, bad: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(
          fc.tuple(
            fc.array(fc.nat({ max: 24 }), { minLength: 1, maxLength: 6 }),
            value,
            fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
          ),
          { minLength: 1, maxLength: 2 },
        ),
        (start, changes) => {
          const data = changes.reduce((sum: Json, [at, to, name]) => changed(sum, at, to, name), start);
          const isFit = isValid(data) === true;
          seen[isFit ? 'good' : 'bad'] += 1;
          expect(isFormed(data)).toBe(isFit);
        },
      ),
      { seed: 7, numRuns: 4_000 },
    );
    expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(150);
  });
});
