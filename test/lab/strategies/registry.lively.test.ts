import { describe, expect, it } from 'vitest';
import { MEASURE_NAMES, type MeasureName } from '../../../src/lab/experiment/measures.ts';
import { runSetting } from '../../../src/lab/experiment/run-setting.ts';
import type { Setting } from '../../../src/lab/scenario/setting.ts';
import { ALL_STRATEGIES, type StrategyOptions } from '../../../src/lab/strategies/registry.ts';
import type { Strategy } from '../../../src/lab/strategies/strategy.ts';
import { LIVELY, LIVELY_AND_COLD, LIVELY_WITH_BAD_CLOCK, LIVELY_WITHOUT_BLIND_WRITES } from './lively.ts';

const SEEDS = [1, 2, 3];

/** By sums over the seeds: what shows, and what never does. */
type Expected = {
  readonly name: string;
  readonly options?: StrategyOptions;
  readonly setting?: Setting;
  readonly shows: readonly MeasureName[];
  readonly spares: readonly MeasureName[];
};

const table: readonly Expected[] = [
  {
    name: 'cairn',
    shows: [],
    spares: [
      'writesLost',
      'deletesUndone',
      'falseConflicts',
      'conflictsHidden',
      'deletesHidden',
      'refused',
      'diverged',
    ],
  },
  { name: 'scalar', shows: ['writesLost', 'deletesUndone'], spares: ['tombstonesMost', 'refused'] },
  { name: 'scalar-tombstones', shows: ['writesLost', 'tombstonesMost'], spares: ['deletesUndone'] },
  { name: 'lww-wall', setting: LIVELY_WITH_BAD_CLOCK, shows: ['writesLost', 'deletesUndone'], spares: ['refused'] },
  { name: 'lww-hybrid', setting: LIVELY_WITH_BAD_CLOCK, shows: ['writesLost'], spares: ['deletesUndone'] },
  { name: 'lww-lamport', setting: LIVELY_WITH_BAD_CLOCK, shows: ['writesLost'], spares: ['deletesUndone'] },
  { name: 'cassandra', setting: LIVELY_AND_COLD, shows: ['writesLost'], spares: ['deletesUndone'] },
  {
    name: 'cassandra',
    options: { graceMs: 100 },
    setting: LIVELY_AND_COLD,
    shows: ['writesLost', 'deletesUndone'],
    spares: ['tombstonesLeft'],
  },
  {
    name: 'riak-keep',
    shows: ['refused', 'tombstonesLeft'],
    spares: ['writesLost', 'deletesUndone', 'falseConflicts', 'conflictsHidden', 'deletesHidden'],
  },
  { name: 'riak-immediate', shows: ['writesLost'], spares: [] },
  { name: 'riak-delay', options: { delayMs: 50 }, shows: ['writesLost', 'deletesUndone'], spares: [] },
  {
    name: 'couchdb',
    shows: ['refused', 'conflictsHidden', 'deletesHidden', 'tombstonesLeft'],
    spares: ['writesLost', 'deletesUndone', 'falseConflicts'],
  },
  { name: 'vv-server', shows: ['falseConflicts', 'deletesUndone'], spares: ['writesLost', 'conflictsHidden'] },
  { name: 'vv-client', shows: ['writesLost'], spares: ['falseConflicts', 'deletesUndone'] },
  {
    name: 'vv-client',
    setting: LIVELY_WITHOUT_BLIND_WRITES,
    shows: [],
    spares: ['writesLost', 'falseConflicts', 'deletesUndone', 'conflictsHidden'],
  },
  { name: 'vv-client', options: { pruneAt: 2 }, shows: ['falseConflicts', 'deletesUndone'], spares: [] },
  { name: 'dvv', shows: ['deletesHidden'], spares: ['writesLost', 'deletesUndone', 'falseConflicts'] },
  { name: 'dvv', options: { drop: true }, shows: ['writesLost', 'deletesUndone'], spares: ['tombstonesMost'] },
];

function strategyOf(name: string, options: StrategyOptions = {}): Strategy {
  const maker = ALL_STRATEGIES.find((one) => one.name === name);
  if (maker === undefined) throw new RangeError(`Cannot find strategy ${name}: the registry does not list it`);
  return maker.make(options);
}

describe('runSetting on a lively setting', () => {
  it.each(table)(
    'shows of $name $options $shows and nothing of $spares',
    ({ name, options, setting, shows, spares }) => {
      const runs = SEEDS.map((seed) => runSetting(strategyOf(name, options), setting ?? LIVELY, seed).measures);
      const sum = (measure: MeasureName): number => runs.reduce((total, run) => total + (run[measure] ?? 0), 0);
      expect(Object.fromEntries(spares.map((measure) => [measure, sum(measure)]))).toEqual(
        Object.fromEntries(spares.map((measure) => [measure, 0])),
      );
      for (const measure of shows) expect(sum(measure), measure).toBeGreaterThan(0);
      expect(sum('diverged'), 'diverged').toBe(0);
    },
  );

  it.each(ALL_STRATEGIES)('gives the same measures for $name twice', ({ make }) => {
    const measures = (): unknown => runSetting(make({}), LIVELY, 4).measures;
    const first = measures();
    expect(Object.keys(first as object)).toEqual(MEASURE_NAMES); // as: measures by name
    expect(measures()).toEqual(first);
  });
});
