import { describe, expect, test } from 'vitest';
import { runExperiment } from '../../../src/lab/experiment/experiment.ts';
import { PRESETS } from '../../../src/lab/presets/presets.ts';
import { parseScenario } from '../../../src/lab/scenario/parse-scenario.ts';
import { strategiesNamed } from '../../../src/lab/strategies/chosen.ts';
import { readText } from '../../house/source.ts';

/** Of pbs every figure has a test of its own. */
const quick = PRESETS.filter(({ name }) => name !== 'pbs');

describe('PRESETS', () => {
  test.each(quick)('$name holds what it asserts, with one seed', async ({ scenario }) => {
    const { assertions } = await runExperiment({ ...scenario, seeds: 1 });
    expect(assertions.length).toBeGreaterThan(0);
    expect(assertions.filter(({ holds }) => !holds)).toEqual([]);
  });

  test('every preset has a page that shows its result, one of its report, and its strategies', () => {
    for (const { name, scenario } of PRESETS) {
      const page = readText(`docs/experiments/${name}.md`);
      expect(page, name).toContain(`cairn experiment --preset ${name}`);
      expect(page, name).toMatch(/<!-- result: [^>]*-->\n\n!\[[^\]]+\]\([a-z-]+\.png\)\n\n```\nN 3/);
      const { strategies } = parseScenario(scenario);
      for (const strategy of strategiesNamed(strategies)) expect(page, name).toContain(strategy.name);
    }
  });

  test('every preset asserts that Cairn loses nothing, undoes nothing and shows no false conflict', () => {
    for (const { name, scenario } of quick) {
      const of = (scenario.assertions ?? []).filter(
        ({ strategy, to, is }) => strategy === 'cairn' && is === '=' && to === 0,
      );
      const measures = of.map(({ measure }) => measure);
      expect(measures, name).toEqual(expect.arrayContaining(['writesLost', 'deletesUndone', 'falseConflicts']));
    }
  });
});
