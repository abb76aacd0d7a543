/** One run of each strategy told event by event, for whoever draws it. */

import type { TraceEvent } from '../cluster/trace.ts';
import type { FullScenario } from '../scenario/scenario.ts';
import { type Point, pointsOf, settingAt } from '../scenario/settings.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { runSetting } from './run-setting.ts';

export type RunTrace = {
  readonly strategy: string;
  readonly point: Point;
  readonly seed: number;
  readonly events: readonly TraceEvent[];
};

/** Each strategy at the first point with the first seed, run once more. */
export function traceFirstRuns(scenario: FullScenario, strategies: readonly Strategy[]): readonly RunTrace[] {
  const [point] = pointsOf(scenario);
  const [seed] = scenario.seeds;
  if (point === undefined || seed === undefined) return [];
  return strategies.map((strategy) => {
    const events: TraceEvent[] = [];
    runSetting(strategy, settingAt(scenario, point, seed), seed, { trace: (event) => events.push(event) });
    return { strategy: strategy.name, point, seed, events };
  });
}
