/**
 * Steps of a plan that are drawn apart from everything else, each kind from chance of its own: what came later into the
 * simulator leaves the plans of all seeds otherwise as they were.
 */

import type { Random } from '../random.ts';
import type { PlanStep } from './plan.ts';

/** What the steps of one plan are drawn with. */
export type Drawing = {
  readonly random: Random;
  readonly replicas: number;
  readonly keys: number;
  readonly clients: number;
  readonly durationMs: number;
  readonly members: number;
  labels: number;
};

type DrawFault = (drawing: Drawing, fault: 'release' | 'former bytes') => PlanStep[];

/** How often a client takes the token of one key for another. */
const MISUSE_EVERY_MS = 3_000;
/** A disk is slow so long before the power goes. */
const SLOW_BEFORE_MS = 1_000;

/** Clients that take the token of one key for another. */
export function misuseSteps({ random, durationMs, clients, keys }: Drawing): PlanStep[] {
  if (keys < 2) return [];
  return Array.from({ length: Math.ceil(durationMs / MISUSE_EVERY_MS) }, () => {
    const key = random.below(keys);
    const of = (key + 1 + random.below(keys - 1)) % keys;
    return { at: Math.round(random.fraction() * durationMs), do: 'misuse', client: random.below(clients), key, of };
  });
}

/** The power goes in the midst of a commit, which seldom is under way unless the disk is slow. */
export function powerSteps({ random, durationMs, replicas }: Drawing): PlanStep[] {
  return Array.from({ length: random.between(1, 2) }).flatMap((): PlanStep[] => {
    const at = random.below(durationMs);
    const process = random.below(replicas);
    const downMs = random.pick([50, 1_000, 10_000]);
    return [
      { at: Math.max(0, at - SLOW_BEFORE_MS), do: 'slow disk', process, ms: 2 * SLOW_BEFORE_MS },
      { at, do: 'crash', process, downMs, isPower: true, isReset: random.chance(0.5) },
    ];
  });
}

/** What was harmed shows when it is read next: mostly by a store that is opened again. */
export function formerSteps(drawing: Drawing, isSwarm: boolean, draw: DrawFault): PlanStep[] {
  const { random } = drawing;
  if (isSwarm && random.chance(0.5)) return [];
  return draw(drawing, 'former bytes').flatMap((step): PlanStep[] => {
    if (step.do !== 'former bytes') return [step];
    const { at, process } = step;
    const crash = { at, do: 'crash', process, downMs: random.pick([50, 1_000, 10_000]), isPower: false, isReset: true };
    return random.chance(0.7) ? [step, crash as PlanStep] : [step]; // the fields of a crash
  });
}

/** Some begin with the release before; each may be upgraded, and rolled back. */
export function releaseSteps(drawing: Drawing, isSwarm: boolean, draw: DrawFault): PlanStep[] {
  const { random, replicas } = drawing;
  if (isSwarm && random.chance(0.5)) return [];
  const first = Array.from({ length: replicas }, (_, process) => process).filter(() => random.chance(0.5));
  const steps: PlanStep[] = first.map((process) => ({ at: 0, do: 'release', process, isFormer: true, downMs: 0 }));
  return [...steps, ...draw(drawing, 'release')];
}
