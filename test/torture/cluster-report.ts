/** What a tortured cluster has been through and what was wrong, as figures, and as a person reads them. */

import type { Violation, ViolationKind } from './cluster-ledger.ts';
import type { FaultCounts } from './faulty-proxy.ts';

export const ROUND_KINDS = ['kill', 'cut', 'faults', 'away', 'kill while cut', 'kill behind faults'] as const;
export type RoundKind = (typeof ROUND_KINDS)[number];

export type ClusterReport = {
  readonly seed: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly kinds: Readonly<Partial<Record<RoundKind, number>>>;
  readonly kills: number;
  readonly cuts: number;
  readonly acknowledged: number;
  readonly failedDefinite: number;
  readonly unknown: number;
  /** Of what is gone, writes that an unanswered one may have covered: nothing can be said of them. */
  readonly excused: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly reads: number;
  readonly conflictsSeen: number;
  readonly moves: number;
  readonly behind: number;
  /** Keys that were deleted and reaped while a replica was away; and all that were reaped, at all replicas. */
  readonly reapedWhileAway: number;
  readonly reaped: number;
  readonly frames: FaultCounts;
  readonly keys: number;
  /** Rounds of exchanges until all were equal, after each heal; the most of them. */
  readonly exchangeRounds: readonly number[];
  readonly exchangeRoundsMax: number;
  /** Exchanges after a heal that ended because a frame had been lost before it. */
  readonly exchangesBroken: number;
  readonly violations: readonly Violation[];
};

const KINDS: readonly ViolationKind[] = [
  ...(['lost', 'resurrected', 'false conflict', 'reissued', 'different', 'session', 'wrong'] as const),
];

/** One line of figures, as the run goes on. */
export function clusterLine(report: ClusterReport): string {
  const { rounds, acknowledged, kills, cuts, exchangeRounds, violations, seconds } = report;
  return `${seconds.toFixed(0)} s, round ${rounds}: ${acknowledged} acknowledged, ${kills} kills, ${cuts} cuts, equal after ${exchangeRounds.at(-1)} exchange rounds, ${violations.length} violations`;
}

/** The whole report for a person. */
export function clusterTable(report: ClusterReport): string {
  const { kinds, frames, codes, violations, exchangeRounds, ...figures } = report;
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  const kind = (name: ViolationKind): number => violations.filter((one) => one.kind === name).length;
  const rows: readonly (readonly [string, string | number])[] = [
    ['seed', figures.seed],
    ['time', `${figures.seconds.toFixed(0)} s`],
    ['rounds', `${figures.rounds} (${listed(kinds)})`],
    ['kills, cuts', `${figures.kills}, ${figures.cuts}`],
    ['frames', listed(frames)],
    ['writes acknowledged', figures.acknowledged],
    ['failed, definite', figures.failedDefinite],
    ['failed, unknown', `${figures.unknown} (may have covered ${figures.excused} that are gone)`],
    ['codes', listed(codes)],
    ['reads', `${figures.reads}, of which ${figures.conflictsSeen} showed a conflict`],
    ['sessions', `${figures.moves} moves, ${figures.behind} times behind`],
    ['keys at the end', figures.keys],
    ['reaped', `${figures.reaped}, of which ${figures.reapedWhileAway} keys while a replica was away`],
    [
      'exchange rounds',
      `at most ${figures.exchangeRoundsMax} until all were equal (${exchangeRounds.join(' ')}); ${figures.exchangesBroken} were broken off by what had been lost`,
    ],
    ...KINDS.map((name) => [name, kind(name)] as const),
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(22)} ${value}`);
  for (const { kind: name, what } of violations) lines.push(`${name}: ${what}`);
  return lines.join('\n');
}
