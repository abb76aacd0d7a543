import { expect, it } from 'vitest';
import { traceFirstRuns } from '../../../src/lab/experiment/traces.ts';
import { parseScenario } from '../../../src/lab/scenario/parse-scenario.ts';
import { strategiesNamed } from '../../../src/lab/strategies/chosen.ts';
import { runSmall, SMALL } from './small-result.ts';

it('traceFirstRuns tells the very runs of the result, of each strategy at the first point with the first seed', async () => {
  const scenario = parseScenario(SMALL);
  const traces = traceFirstRuns(scenario, strategiesNamed(scenario.strategies));
  const { cells } = await runSmall();
  expect(traces.map(({ strategy, seed, point }) => [strategy, seed, point])).toEqual(
    cells.slice(0, 2).map(({ strategy, point }) => [strategy, 4, point]),
  );
  for (const [at, { events }] of traces.entries()) {
    const acknowledged = events.filter(({ kind }) => kind === 'acknowledged').length;
    const lost = events.filter((event) => event.kind === 'anomaly' && event.anomaly === 'lost').length;
    expect([acknowledged, lost]).toEqual([cells[at]?.runs[0]?.acknowledged, cells[at]?.runs[0]?.writesLost]);
    expect(acknowledged).toBeGreaterThan(10);
  }
});
