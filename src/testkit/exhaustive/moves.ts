/**
 * The operations of a history as data, and as the steps of a schedule that does the same: a trace of the search is a
 * regression file that the runner of random schedules replays, with its own copy of the replicas and its own judge.
 */

import type { Schedule, Step } from '../schedule/steps.ts';
import type { Steps, WriteKind } from './steps.ts';

/** One operation; replicas by their places. */
export type Move =
  | { readonly kind: 'write'; readonly at: number; readonly write: WriteKind }
  | { readonly kind: 'reap'; readonly at: number; readonly force: boolean }
  | { readonly kind: 'retire' | 'return'; readonly at: number; readonly member: number }
  /** Puts in flight what the replica would hand out. */
  | { readonly kind: 'send'; readonly at: number }
  /** A message arrives, for the first time or again; it stays in flight. */
  | { readonly kind: 'deliver'; readonly to: number; readonly message: number }
  /** `a` begins; `outcome` is what comes of it, of the outcomes that `Steps.exchange` gives. */
  | { readonly kind: 'exchange'; readonly a: number; readonly b: number; readonly outcome: number };

/**
 * The kinds of operations that a search tries: writes and deletes on what their replica shows, or on nothing (`blind`);
 * whole exchanges, and those cut off anywhere; reaping what is stable, or by force; retiring and returning members.
 */
export const MOVE_KINDS = ['write', 'blind', 'send', 'deliver', 'exchange', 'cut', 'reap', 'force', 'members'] as const;
export type MoveKind = (typeof MOVE_KINDS)[number];

/** One operation of a trace, with the states of the replicas before it. */
export type Traced = { readonly move: Move; readonly before: readonly number[] };

/** The schedule that does what a trace did. */
export function scheduleOf(steps: Steps, replicas: number, trace: readonly Traced[]): Schedule {
  const labels = new Map<number, number>();
  const list = trace.map(({ move, before }, label): Step => {
    if (move.kind === 'send') labels.set(steps.replicas.send(before[move.at] ?? 0), label);
    return stepOf(steps, move, before, label, labels);
  });
  return { replicas, keys: 1, members: replicas, onConflict: 'overwrite', steps: list };
}

function stepOf(
  steps: Steps,
  move: Move,
  before: readonly number[],
  label: number,
  labels: ReadonlyMap<number, number>,
): Step {
  switch (move.kind) {
    case 'write': {
      const tombstone = move.write.startsWith('delete');
      return { do: 'write', at: move.at, key: 0, tombstone, context: move.write.endsWith('blind') ? 'none' : 'local' };
    }
    case 'reap':
      return { do: 'reap', at: move.at, force: move.force };
    case 'retire':
    case 'return':
      return { do: move.kind === 'retire' ? 'retire' : 'join', at: move.at, member: move.member };
    case 'send':
      return { do: 'capture', at: move.at, key: 0, as: label };
    case 'deliver':
      return { do: 'deliver', record: labels.get(move.message) ?? 0, to: move.to, forged: false };
    case 'exchange':
      return exchangeStep(steps, move, before);
  }
}

function exchangeStep(steps: Steps, move: Extract<Move, { kind: 'exchange' }>, before: readonly number[]): Step {
  const { a, b, outcome } = move;
  const [one = 0, other = 0] = [before[a], before[b]];
  const { count, frames } = steps.exchange(one, other);
  if (outcome === count - 1) return { do: 'exchange', a, b, oneWay: false };
  const turns = steps.turns(one, other, frames[2 * outcome] ?? 0, frames[2 * outcome + 1] ?? 0);
  const links = [{ a, b, oneWay: false }];
  return { do: 'interleave', links, frameBytesMax: 1 << 20, visibleMax: 1 << 10, turns, isCutOff: true };
}
