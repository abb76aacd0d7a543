/** `cairn replay --strategies`: one history under several strategies, side by side, as a table or as JSON. */

import type { History } from '../lab/history/git-history.ts';
import { replayUnder } from '../lab/history/strategy-replay.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { strategiesTable } from './strategies-table.ts';
import { type Progress, paintFor } from './terminal.ts';

export type StrategiesReplay = {
  readonly strategies: readonly Strategy[];
  /** What the table calls the history. */
  readonly source: string;
  readonly isJson: boolean;
  readonly progress: Progress;
};

/** Runs each and prints what came of it; the exit status. */
export function replayStrategies(history: History, { strategies, source, isJson, progress }: StrategiesReplay): number {
  const results = strategies.map((strategy) =>
    replayUnder(history, strategy, {
      onProgress: (done, total) => progress.update(`Replaying commits, ${strategy.name}`, done, total),
    }),
  );
  progress.end();
  const text = isJson
    ? `${JSON.stringify({ source, results }, null, 2)}\n`
    : strategiesTable(results, source, paintFor(process.stdout));
  process.stdout.write(text);
  return 0;
}
