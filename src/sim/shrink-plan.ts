/**
 * Makes a plan that breaks a law small: first what cannot have had a part in it (what comes after, other keys, faults,
 * clients and processes one by one), then delta debugging over the steps that are left (Zeller and Hildebrandt 2002),
 * then plainer steps and settings. Each candidate is run again, and counts only if the same law does not hold in it. A
 * count of runs bounds it, so that the same plan gives the same small one on every machine.
 */

import type { Violation } from './observer.ts';
import { isClientStep, type Plan, type PlanStep } from './plan.ts';
import {
  keysOfStep,
  namesProcess,
  withFewestClients,
  withFewestKeys,
  withKeyOnly,
  withoutProcess,
  withSteps,
} from './plan-parts.ts';
import { type RunOptions, runPlan } from './run.ts';
import { simplerSettings, simplerSteps } from './simpler-steps.ts';

export type ShrinkOptions = {
  /** How the plan is run, as with `runPlan`. */
  readonly run?: RunOptions;
  /** Runs, at most. Default 1,000. */
  readonly runsMax?: number;
  /** Asked before each run; `true` ends it with the smallest plan so far. What it says is up to the caller's clock. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (progress: ShrinkProgress) => void;
};

export type ShrinkProgress = { readonly runs: number; readonly steps: number };

/** The smallest plan found, what does not hold in it, and after how many runs. */
export type Shrunk = {
  readonly plan: Plan;
  readonly violation: Violation & { readonly at: number };
  readonly runs: number;
  /** Whether nothing was left to try. */
  readonly isComplete: boolean;
};

type Found = Shrunk['violation'];

const RUNS_MAX = 1_000;
/** A candidate may break the law so much later than the best one did. */
const SLACK_MS = 2_000;
/** Large parts of the steps are tried before clients and processes are, one by one. */
const COARSE_SHIFT = 4;
/** So few steps are small enough, and a longer search is not worth it. */
const LUCKLESS_STEPS = 3;
/** Other seeds for one candidate. */
const SEEDS = 5;
/** What is left of the time between two steps, and after the last one. */
const GAPS_MS: readonly number[] = [1, 20, 200, 1_000];

/** Shrinks a plan that breaks a law; undefined when it breaks none. Bound: `runsMax` runs. */
export async function shrinkPlan(plan: Plan, options: ShrinkOptions = {}): Promise<Shrunk | undefined> {
  const { violation } = await runPlan(plan, options.run);
  if (violation === undefined) return undefined;
  return new Shrinking(plan, violation, options).shrink();
}

class Shrinking {
  readonly #options: ShrinkOptions;
  readonly #tried = new Set<string>();
  #best: Plan;
  #violation: Found;
  #runs = 1;

  constructor(plan: Plan, violation: Found, options: ShrinkOptions) {
    this.#best = plan;
    this.#violation = violation;
    this.#options = options;
  }

  async shrink(): Promise<Shrunk> {
    await this.#cutOff();
    await this.#irrelevant();
    await this.#sooner();
    await this.#steps(this.#best.steps.length >> COARSE_SHIFT);
    do await this.#settle();
    while (await this.#withOtherLuck());
    const isComplete = !this.#isOver();
    return { plan: this.#best, violation: this.#violation, runs: this.#runs, isComplete };
  }

  /** Until nothing gets smaller any more. */
  async #settle(): Promise<void> {
    for (let before = ''; before !== JSON.stringify(this.#best) && !this.#isOver(); ) {
      before = JSON.stringify(this.#best);
      await this.#parts();
      await this.#steps();
      await this.#withOtherLuck(this.#best.steps.length >> 2);
      await this.#sooner();
      await this.#plainer();
    }
  }

  /**
   * A step that is left may be there only because without it the network draws differently for the others. So the same is
   * tried with other seeds. Gives whether that made it smaller.
   */
  async #withOtherLuck(least = 1): Promise<boolean> {
    const { length } = this.#best.steps;
    if (length <= LUCKLESS_STEPS) return false;
    const { key } = this.#violation;
    if (key !== undefined) await this.#tryLuck(withKeyOnly(this.#best, key));
    for (let size = length >> 1; size >= Math.max(1, least); size >>= 1) {
      for (let from = this.#best.steps.length - size; from >= 0; from -= size)
        await this.#tryLuck(withSteps(this.#best, this.#best.steps.toSpliced(from, size)));
    }
    return this.#best.steps.length < length && !this.#isOver();
  }

  async #tryLuck(candidate: Plan): Promise<void> {
    if (candidate.steps.length === this.#best.steps.length) return;
    for (let seed = 1; seed <= SEEDS; seed += 1)
      if (await this.#try({ ...candidate, seed: candidate.seed + seed })) return;
  }

  #isOver(): boolean {
    const { runsMax = RUNS_MAX, isOver } = this.#options;
    return this.#runs >= runsMax || isOver?.() === true;
  }

  /** Runs a candidate, and keeps it if it breaks the same law. */
  async #try(candidate: Plan): Promise<boolean> {
    const text = JSON.stringify(candidate);
    if (this.#tried.has(text) || text === JSON.stringify(this.#best) || this.#isOver()) return false;
    this.#tried.add(text);
    this.#runs += 1;
    const { violation } = await runPlan(candidate, {
      ...this.#options.run,
      untilMs: this.#violation.at + SLACK_MS,
    });
    const isSame = violation !== undefined && violation.law === this.#violation.law;
    if (isSame) {
      this.#best = candidate;
      this.#violation = violation;
    }
    this.#options.onProgress?.({ runs: this.#runs, steps: this.#best.steps.length });
    return isSame;
  }

  /** What comes after, and the rest of the time. */
  async #cutOff(): Promise<void> {
    const { at } = this.#violation;
    const steps = this.#best.steps.filter((step) => step.at <= at);
    const durationMs = Math.max(1, Math.min(this.#best.durationMs, Math.ceil(at)));
    await this.#try({ ...this.#best, steps, durationMs });
  }

  /** What is unlikely to have had a part in it, in one go. */
  async #irrelevant(): Promise<void> {
    const { key } = this.#violation;
    const isWrite = (step: PlanStep): boolean => !['get', 'resolve', 'move'].includes(step.do);
    if (key !== undefined) await this.#try(withKeyOnly(this.#best, key));
    await this.#only(isClientStep);
    await this.#only(isWrite);
    await this.#only((step) => !isClientStep(step));
  }

  /** Whole kinds of steps, processes, clients and keys. */
  async #parts(): Promise<void> {
    for (let process = this.#best.replicas - 1; process >= 0 && this.#best.replicas > 2; process -= 1) {
      if (!(await this.#try(withoutProcess(this.#best, process))))
        await this.#only((step) => isClientStep(step) || !namesProcess(step, process));
    }
    const kinds = new Set(this.#best.steps.map((step) => step.do));
    for (const kind of kinds) await this.#only((step) => step.do !== kind);
    for (let client = this.#best.clients - 1; client >= 0; client -= 1)
      await this.#only((step) => !isClientStep(step) || step.client !== client);
    for (const [key] of this.#best.keys.entries()) await this.#only((step) => !keysOfStep(step).includes(key));
    await this.#try(withFewestClients(this.#best));
    await this.#try(withFewestKeys(this.#best));
  }

  async #only(isKept: (step: PlanStep) => boolean): Promise<void> {
    await this.#try(withSteps(this.#best, this.#best.steps.filter(isKept)));
  }

  /** Delta debugging: ever smaller parts of the steps, from the end. */
  async #steps(least = 1): Promise<void> {
    for (let size = Math.max(1, this.#best.steps.length >> 1); size >= Math.max(1, least); size >>= 1) {
      for (let from = this.#best.steps.length - size; from > -size; from -= size) {
        const { steps } = this.#best;
        const start = Math.max(0, from);
        if (start >= steps.length) continue;
        await this.#try(withSteps(this.#best, [...steps.slice(0, start), ...steps.slice(from + size)]));
      }
    }
  }

  /** All sooner after one another, and the end sooner after the last. */
  async #sooner(): Promise<void> {
    for (const gapMs of GAPS_MS) {
      let [before, moved] = [0, 0];
      const steps = this.#best.steps.map((step) => {
        moved += Math.min(step.at - before, gapMs);
        before = step.at;
        return { ...step, at: moved };
      });
      if (await this.#try({ ...this.#best, steps, durationMs: Math.min(this.#best.durationMs, moved + gapMs) })) break;
    }
    const last = this.#best.steps.at(-1)?.at ?? 0;
    for (const gapMs of GAPS_MS)
      if (last + gapMs < this.#best.durationMs && (await this.#try({ ...this.#best, durationMs: last + gapMs }))) break;
  }

  async #plainer(): Promise<void> {
    for (const group of simplerSettings(this.#best))
      for (const simpler of group) if (await this.#try({ ...this.#best, ...simpler })) break;
    for (let at = 0; at < this.#best.steps.length; at += 1) {
      const step = this.#best.steps[at];
      if (step === undefined) continue;
      for (const simpler of simplerSteps(step))
        if (await this.#try(withSteps(this.#best, this.#best.steps.toSpliced(at, 1, simpler)))) break;
    }
  }
}
