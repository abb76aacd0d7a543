/**
 * The simulator: a cluster of the production code in one thread and in virtual time, with a network, disks and clocks
 * that fail as a plan says, clients, and an observer that knows every write. `drawPlan` draws a plan from a seed,
 * `runPlan` runs it, `shrinkPlan` makes one that breaks a law small, and the recorders write down what happened.
 */

export type { Application, Shown, Writing } from './application.ts';
export type { Delay } from './chance.ts';
export type { ClientCounts, ClientRecord } from './clients.ts';
export { Coverage, type CoverageData, FAULT_KINDS } from './coverage.ts';
export type { DiskPace, SyncFailure } from './disk.ts';
export { type DrawOptions, drawPlan, FAULTS, type Fault, PROFILES, type Profile } from './draw-plan.ts';
export type { Weather } from './network.ts';
export type { Violation } from './observer.ts';
export {
  type CareStep,
  type ClientStep,
  type DiskStep,
  type NetworkStep,
  PLAN_VERSION,
  type Plan,
  type PlanStep,
  type ProcessStep,
} from './plan.ts';
export { formatPlanFile, type PlanFile, parsePlanFile, testFileOf } from './plan-file.ts';
export { toEdn } from './record/edn.ts';
export { toJsonLines } from './record/json-lines.ts';
export { type MermaidOptions, toMermaid } from './record/mermaid.ts';
export { SHIVIZ_PARSER, toShiViz } from './record/shiviz.ts';
export { windowOf } from './record/window.ts';
export type { TraceEvent } from './recorder.ts';
export { type RunOptions, type RunResult, runPlan } from './run.ts';
export { type ShrinkOptions, type ShrinkProgress, type Shrunk, shrinkPlan } from './shrink-plan.ts';
