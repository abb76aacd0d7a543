import { describe, expect, it } from 'vitest';
import { runExperiment } from '../../../src/lab/experiment/experiment.ts';
import { lwwLostUpdates } from '../../../src/lab/presets/lww-lost-updates.ts';
import { PRESETS } from '../../../src/lab/presets/presets.ts';
import { parseScenario } from '../../../src/lab/scenario/parse-scenario.ts';
import { strategiesNamed } from '../../../src/lab/strategies/chosen.ts';

describe('PRESETS', () => {
  it('PRESETS are scenarios that can be run, each under its own name', () => {
    for (const { name, about, scenario } of PRESETS) {
      expect([name, about]).toEqual([scenario.name, scenario.about]);
      expect(strategiesNamed(parseScenario(scenario).strategies).length).toBeGreaterThan(0);
    }
    expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length);
  });

  it('lww-lost-updates: who keeps the version with the later time loses writes, Cairn loses none', async () => {
    const { cells, assertions } = await runExperiment({ ...lwwLostUpdates.scenario, seeds: 2 });
    expect(assertions.every(({ holds }) => holds)).toBe(true);
    const lost = new Map(cells.map(({ strategy, summary }) => [strategy, summary.writesLost?.mean ?? Number.NaN]));
    expect([lost.get('cairn'), [...lost.values()].filter((count) => count > 0).length]).toEqual([0, 3]);
    expect(lost.get('lww-wall')).toBeGreaterThan(lost.get('lww-hybrid') ?? Number.NaN);
  });
});
