/** What a strategy made of a history, as data: the type, and what may be asked of it. */

import type { Measures } from '../experiment/measures.ts';
import type { StrategyInfo } from '../experiment/result.ts';
import type { AnomalyKind } from '../truth/judge.ts';
import type { ConflictKind } from './replay-result.ts';

/** The measures of an experiment that a history has: nobody waits for anybody in it, and nobody reads what he does not write. */
export type HistoryMeasures = Pick<
  Measures,
  | ('writesLost' | 'deletesUndone' | 'falseConflicts' | 'conflictsHidden' | 'deletesHidden' | 'wentBack' | 'diverged')
  | ('acknowledged' | 'refused' | 'siblingsMean' | 'siblingsMax' | 'metadataPerKey')
  | ('exchangeRecords' | 'exchangeNeedless' | 'exchangeBytes' | 'tombstonesMost' | 'tombstonesLeft')
>;

/**
 * When an anomaly was first seen: where a line forked; by the author of a merge, who looks at what met before he writes; by
 * the author of a write, who looks at what came of it; when all replicas had met in the end.
 */
export type Occasion = 'fork' | 'merge' | 'own write' | 'end';

/** An operation that somebody was shown wrong, when that was first seen. */
export type HistoryAnomaly = {
  readonly kind: AnomalyKind;
  readonly path: string;
  /** The commit that wrote or deleted the path. */
  readonly commit: string;
  /** The commit whose write or delete should have kept it away, or that it should have kept away. */
  readonly by?: string;
  readonly occasion: Occasion;
  /** The commit at which it was seen. */
  readonly at: string;
};

/** A path that is not shown as git has it. */
export type WrongPath = {
  readonly path: string;
  /** `back`: shown, though it was deleted; `missing`: not shown; `wrong`: shown with other contents, or others beside. */
  readonly problem: 'back' | 'missing' | 'wrong';
  readonly shown: readonly string[];
};

/** What a replica shows of the tree. */
export type TreeCheck = { readonly live: number; readonly wrong: readonly WrongPath[] };

/**
 * Who tells the author of a merge what met. `git`: git did, so all of it is settled as git's merge has it. `store`: nobody but
 * the replica, so it is settled where that shows a conflict, and else left as it is.
 */
export type ToldBy = 'git' | 'store';

export type Conflicts = Readonly<Record<ConflictKind, number>>;

export type StrategyReplayResult = {
  readonly strategy: StrategyInfo;
  readonly commits: number;
  readonly merges: number;
  readonly events: { readonly writes: number; readonly deletes: number };
  readonly replicas: number;
  /** Commits without a child. */
  readonly tips: number;
  readonly exchanges: number;
  /** Concurrent operations that met at merges, by the graph. */
  readonly met: Conflicts;
  /** As conflicts that the replica of a merge showed to its author. */
  readonly shown: Conflicts;
  /** And those it settled by a rule of its own that was given both sides. */
  readonly settled: number;
  readonly measures: HistoryMeasures;
  readonly anomalies: readonly HistoryAnomaly[];
  /** The replica of the head, at the head; it must show git's tree. */
  readonly atHead: TreeCheck;
  /** The same replica when all replicas have met; where branches were never merged it may show either side. */
  readonly inTheEnd: TreeCheck;
};

/** How many anomalies of a kind were first seen at an occasion. */
export function countOfAnomalies(
  { anomalies }: Pick<StrategyReplayResult, 'anomalies'>,
  kind: AnomalyKind,
  occasion?: Occasion,
): number {
  return anomalies.filter((one) => one.kind === kind && (occasion === undefined || one.occasion === occasion)).length;
}

/** How many paths have a problem. */
export function countOfWrong({ wrong }: TreeCheck, problem: WrongPath['problem']): number {
  return wrong.filter((one) => one.problem === problem).length;
}
