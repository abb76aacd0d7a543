/**
 * A commit history as a workload: who wrote or deleted which path, in which order and at which pace. Unlike a replay, nobody
 * is told what a commit was based on: each author overwrites what his replica shows, so that the strategy, the network and
 * the faults decide what he knows. Merges are left out; they repeat what their parents did.
 */

import type { ScriptedWorkload, ScriptStep } from '../scenario/setting.ts';
import type { History } from './git-history.ts';
import { PathKeys } from './path-key.ts';

const HOUR_S = 3_600;

/** `msPerHour`: how long an hour of the history takes. `gapMsMax`: no time between two commits is longer. */
export type HistoryPace = { readonly clients: number; readonly msPerHour: number; readonly gapMsMax: number };

/** The script of a history. Commits keep their order; one that claims to be older than the one before comes right after it. */
export function historyWorkload(history: History, { clients, msPerHour, gapMsMax }: HistoryPace): ScriptedWorkload {
  const keys = new PathKeys();
  const steps: ScriptStep[] = [];
  let atMs = 0;
  let before = history[0]?.time ?? 0;
  for (const { time, author, parents, changes } of history) {
    const gapMs = (Math.max(0, time - before) * msPerHour) / HOUR_S;
    atMs += Math.min(Math.round(gapMs), gapMsMax);
    before = Math.max(before, time);
    if (parents.length > 1) continue;
    for (const [path, blob] of changes[0] ?? [])
      steps.push({ atMs, client: author % clients, do: blob === null ? 'delete' : 'put', key: keys.keyOf(path) });
  }
  return { kind: 'script', steps };
}
