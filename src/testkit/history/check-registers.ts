/**
 * Causal consistency of histories of registers, after Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal
 * consistency" (POPL 2017): causal consistency (CC), causal memory (CM), causal convergence (CCv), each by the bad
 * patterns that its histories do not have. Over transactions of several operations CC and CCv are what Plume and dbcop
 * call by these names; CM is defined for plain operations only.
 */

import { findMemoryViolations } from './causal-memory.ts';
import { CausalClocks, type Edges, graphOf, readEdges, showRegisters } from './causal-order.ts';
import { type Suspect, sweepReads } from './known-writes.ts';
import { HistoryFault, type RegisterHistory } from './register-history.ts';
import { INITIAL, indexRegisters, type RegisterIndex } from './register-index.ts';
import type { SessionGraph, Step } from './session-graph.ts';
import { circleViolation, pathViolation, type Verdict, type Violation, verdict } from './witness.ts';

export const REGISTER_LEVELS = ['cc', 'cm', 'ccv'] as const;
export type RegisterLevel = (typeof REGISTER_LEVELS)[number];

/**
 * Whether the history holds at this level, and what breaks it. What breaks CC breaks the other two, and is then said
 * alone. Cost: CC and CCv n·k for n operations in k sessions, in time and memory; CM see `findMemoryViolations`.
 * Throws: HistoryFault for a value written to a key twice, and for transactions of several operations under CM.
 */
export function checkRegisters(history: RegisterHistory, level: RegisterLevel): Verdict {
  return checkRegisterLevels(history, [level])[level] ?? verdict([]);
}

/** Several levels at once: what they share is done once. Throws: HistoryFault. */
export function checkRegisterLevels(
  history: RegisterHistory,
  levels: readonly RegisterLevel[],
): { readonly [level in RegisterLevel]?: Verdict } {
  if (levels.includes('cm')) refuseTransactions(history);
  const index = indexRegisters(history);
  const edges = readEdges(index);
  const graph = graphOf(index, edges);
  const order = graph.order();
  const reads = edges.to.length;
  const show = showRegisters(index, edges, reads, 'conflict');
  if (order.length < index.sessionOf.length) {
    const circle = graph.circle();
    const found = circle === undefined ? [] : [circleViolation('CyclicCO', circle, show)];
    return same(levels, [...index.violations, ...found]);
  }
  const clocks = new CausalClocks(index);
  clocks.fill(order, graph);
  const conflicts: Edges = edges; // what the sweep adds comes after the reads-from edges
  const { initial, overwritten } = sweepReads(index, clocks, conflicts);
  const broken: Violation[] = [...index.violations];
  const unwritten = shortest(index, graph, initial);
  if (unwritten !== undefined) broken.push(pathViolation('WriteCOInitRead', unwritten, show));
  const stale = shortest(index, graph, overwritten);
  if (stale !== undefined) broken.push(pathViolation('WriteCORead', stale, show, { kind: 'returns' }));
  if (broken.length > 0) return same(levels, broken);
  return Object.fromEntries(
    levels.map((level) => {
      if (level === 'ccv') return [level, verdict(findConflictCircle(index, conflicts, reads))];
      return [level, verdict(level === 'cm' ? findMemoryViolations(index, clocks) : [])];
    }),
  );
}

function same(levels: readonly RegisterLevel[], broken: readonly Violation[]): { [level in RegisterLevel]?: Verdict } {
  return Object.fromEntries(levels.map((level) => [level, verdict(broken)]));
}

/** CCv: the causal order and the order of conflicting writes must have no circle together. */
function findConflictCircle(index: RegisterIndex, conflicts: Edges, reads: number): Violation[] {
  if (conflicts.to.length === reads) return [];
  const graph = graphOf(index, conflicts);
  const order = graph.order();
  if (order.length === index.sessionOf.length) return [];
  const circle = graph.circle();
  if (circle === undefined) return [];
  return [circleViolation('CyclicCF', circle, showRegisters(index, conflicts, reads, 'conflict'))];
}

/** Searches stop at this many visits in all; the shortest witness so far is then shown. */
const STEPS_MAX = 20_000_000;

/** The shortest way from the write that was read (if one was), by the known write, to the read. */
function shortest(index: RegisterIndex, graph: SessionGraph, suspects: readonly Suspect[]): Step[] | undefined {
  let best: Step[] | undefined;
  for (const { read, from, known } of suspects) {
    const reader = index.nodeOf[read] ?? 0;
    const most = best === undefined ? undefined : best.length - 1;
    const before = from === INITIAL ? [] : graph.path(from, known, most);
    if (before === undefined) continue;
    const after = graph.path(known, reader, most === undefined ? undefined : most - before.length);
    if (after !== undefined) best = [...before, ...after];
    if (best !== undefined && graph.visits > STEPS_MAX) break;
  }
  return best;
}

/** Throws: HistoryFault naming the first transaction of several operations. */
function refuseTransactions({ sessions }: RegisterHistory): void {
  for (const { name, transactions } of sessions) {
    const at = transactions.findIndex(({ length }) => length > 1);
    if (at === -1) continue;
    throw new HistoryFault(
      `Cannot check causal memory: transaction #${at} of session ${name} has ${transactions[at]?.length} operations ` +
        'and cm is defined for single ones, check cc or ccv',
    );
  }
}
