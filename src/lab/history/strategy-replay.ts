/**
 * A commit history under a strategy: each commit writes and deletes its paths at a replica that has been told of exactly its
 * ancestors (lines.ts), on what that replica holds. What is written is what a commit changes; and in a merge what git's merge
 * has, wherever concurrent operations met or what they left is something else: the same under every strategy, unless
 * nobody but the store tells the authors of merges what met. The author of a merge looks before he writes, every author after, and a judge who knows the graph compares.
 * All wall clocks show the time of the commit being made, so they are as wrong as those of the people who made them.
 */

import { assert } from '../../assert.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { History } from './git-history.ts';
import { linesOf } from './lines.ts';
import { StrategyReplayEnd } from './strategy-replay-end.ts';
import type { StrategyReplayResult, ToldBy } from './strategy-replay-result.ts';
import { HistoryRun } from './strategy-run.ts';

export type StrategyReplayOptions = {
  /** Default: git. */
  readonly toldBy?: ToldBy;
  readonly onProgress?: (done: number, total: number) => void;
};

/** Tombstones are counted at so many moments, evenly. */
const SAMPLES = 64;

/**
 * Replays the whole history. The same arguments give the same result, everywhere.
 * Cost: exchanges · keys; in the end every replica meets every other.
 */
export function replayUnder(
  history: History,
  strategy: Strategy,
  { toldBy = 'git', onProgress }: StrategyReplayOptions = {},
): StrategyReplayResult {
  const { steps, replicas, tips } = linesOf(history);
  const run = new HistoryRun(strategy, replicas, toldBy);
  for (const [at, step] of steps.entries()) {
    run.make(step);
    if (at % Math.ceil(steps.length / SAMPLES) === 0) run.sample();
    onProgress?.(at + 1, steps.length);
  }
  const head = steps.at(-1);
  assert(head !== undefined, 'a history has a commit');
  return new StrategyReplayEnd(run, head.replica, tips).result();
}
