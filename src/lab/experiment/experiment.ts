/**
 * An experiment: each strategy at each point of the sweep, once for each seed. All strategies meet the same clients, delays
 * and faults. The same scenario gives the same result, byte for byte, in Node and in a browser; that others get their turn
 * between runs changes nothing in it.
 */

import { CAIRN_VERSION } from '../../version.ts';
import { ScenarioError } from '../scenario/form.ts';
import { parseScenario } from '../scenario/parse-scenario.ts';
import type { FullScenario, Scenario } from '../scenario/scenario.ts';
import { pointsOf, settingAt } from '../scenario/settings.ts';
import { strategiesNamed } from '../strategies/chosen.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { judgeAssertions } from './assertions.ts';
import { type Cell, type ExperimentResult, type Point, RESULT_VERSION } from './result.ts';
import { type RunResult, runSetting } from './run-setting.ts';
import { addSeries, summaryOf } from './summary.ts';

/** Before each run, and after the last. */
export type ExperimentProgress = {
  readonly runsDone: number;
  readonly runs: number;
  /** Of the run that begins; undefined when all are done. */
  readonly next: { readonly strategy: string; readonly point: Point; readonly seed: number } | undefined;
};

export type ExperimentOptions = {
  /** Strategies of your own; a scenario may name them, and those it does not name come last. */
  readonly strategies?: readonly Strategy[];
  readonly onProgress?: (progress: ExperimentProgress) => void;
  /** Ends it between two runs: the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
};

/** Others get their turn after so long, ms. */
const TURN_MS = 30;

/**
 * Runs a scenario.
 * Throws: ScenarioError when it cannot be run.
 */
export async function runExperiment(scenario: Scenario, options: ExperimentOptions = {}): Promise<ExperimentResult> {
  const full = parseScenario(scenario);
  const strategies = strategiesNamed(full.strategies, options.strategies);
  checkAssertions(full, strategies);
  const points = pointsOf(full);
  const { seeds } = full;
  const runs = points.length * strategies.length * seeds.length;
  const cells: Cell[] = [];
  const pause = pauses();
  let runsDone = 0;
  let operations = 0;
  for (const point of points) {
    for (const strategy of strategies) {
      const done: RunResult[] = [];
      for (const seed of seeds) {
        options.onProgress?.({ runsDone, runs, next: { strategy: strategy.name, point, seed } });
        await pause();
        options.signal?.throwIfAborted();
        const run = runSetting(strategy, settingAt(full, point, seed), seed);
        done.push(run);
        operations += run.operations;
        runsDone += 1;
      }
      const measures = done.map((run) => run.measures);
      cells.push({
        strategy: strategy.name,
        point,
        runs: measures,
        summary: summaryOf(measures),
        series: addSeries(done.map(({ series }) => series)),
      });
    }
  }
  options.onProgress?.({ runsDone, runs, next: undefined });
  return {
    result: RESULT_VERSION,
    cairn: CAIRN_VERSION,
    scenario: full,
    seeds,
    strategies: strategies.map(({ name, title, rule, source, showsConflicts }) => ({
      ...{ name, title, rule, source, showsConflicts },
    })),
    points,
    cells,
    assertions: judgeAssertions(full, cells, seeds),
    operations,
  };
}

function checkAssertions({ assertions }: FullScenario, strategies: readonly Strategy[]): void {
  for (const [at, { strategy }] of assertions.entries()) {
    if (strategy === '*' || strategies.some(({ name }) => name === strategy)) continue;
    const names = strategies.map(({ name }) => name).join(', ');
    throw new ScenarioError(
      `assertions[${at}].strategy`,
      `is ${JSON.stringify(strategy)}`,
      `* or one of ${names}`,
      'sense',
    );
  }
}

/** Lets others take their turn when they have waited long enough. Real time decides nothing else. */
function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await new Promise<void>((resume) => setTimeout(resume, 0));
    since = performance.now();
  };
}
