/** `cairn replay --strategies`: one history under several strategies, side by side, as a table or as JSON. */

import type { History } from '../lab/history/git-history.ts';
import { replayUnder } from '../lab/history/strategy-replay.ts';
import type { ToldBy } from '../lab/history/strategy-replay-result.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { strategiesTable } from './strategies-table.ts';
import { type Progress, paintFor } from './terminal.ts';

export type StrategiesReplay = {
  readonly strategies: readonly Strategy[];
  /** What the table calls the history. */
  readonly source: string;
  readonly toldBy: ToldBy;
  readonly isJson: boolean;
  readonly progress: Progress;
};

/** Runs each and prints what came of it; the exit status. */
export function replayStrategies(history: History, replay: StrategiesReplay): number {
  const { strategies, source, toldBy, isJson, progress } = replay;
  const results = strategies.map((strategy) =>
    replayUnder(history, strategy, {
      toldBy,
      onProgress: (done, total) => progress.update(`Replaying commits, ${strategy.name}`, done, total),
    }),
  );
  progress.end();
  const text = isJson
    ? `${JSON.stringify({ source, toldBy, results }, null, 2)}\n`
    : strategiesTable(results, { source, toldBy }, paintFor(process.stdout));
  process.stdout.write(text);
  return 0;
}
