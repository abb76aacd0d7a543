/**
 * The test kit: arbitraries, and laws as functions that users call on their own types as we call them on ours. Needs
 * fast-check, which nothing else in the project imports.
 */

export { counters, dotSets, dots, hugeVectorClocks, relatedClocks, vectorClocks } from './arbitraries/causality.ts';
export { HOSTILE_TEXTS, keys, replicaIds } from './arbitraries/ids.ts';
export { fieldNames, flatValues, leafValues, numbers, values } from './arbitraries/values.ts';
export {
  checkRegisterLevels,
  checkRegisters,
  REGISTER_LEVELS,
  type RegisterLevel,
} from './history/check-registers.ts';
export { checkSiblings } from './history/check-siblings.ts';
export {
  detectFormat,
  HISTORY_FORMATS,
  type HistoryFormat,
  type HistoryText,
  type RegisterFormat,
  readHistoryText,
  writeHistoryText,
} from './history/formats/formats.ts';
export { EDGES, type EdgeKind, PATTERNS, type PatternName } from './history/patterns.ts';
export {
  HistoryFault,
  type HistoryValue,
  operationsIn,
  type RegisterHistory,
  type RegisterOperation,
  type RegisterSession,
  type RegisterTransaction,
  registerHistory,
} from './history/register-history.ts';
export type {
  SiblingContext,
  SiblingHistory,
  SiblingOperation,
  SiblingRead,
  SiblingSession,
  SiblingWrite,
} from './history/sibling-history.ts';
export {
  type Verdict,
  type Violation,
  violationLines,
  type WitnessEdge,
  type WitnessOperation,
} from './history/witness.ts';
export { checkLaw, demand, LawBroken, type LawParameters } from './laws/check.ts';
export { codec, codecRefusal } from './laws/codec.ts';
export { type ConvergentType, convergence } from './laws/convergence.ts';
export { type Answer, partialOrder } from './laws/order.ts';
export { type Refusing, refusal } from './laws/refusal.ts';
export { type ResolverUnderTest, resolver } from './laws/resolver.ts';
export { joinSemilattice, leastUpperBound } from './laws/semilattice.ts';
export { Coverage, DURABLE_OCCASIONS, OCCASIONS, type Occasion } from './schedule/coverage.ts';
export { generateDurableSchedule, generateSchedule } from './schedule/generate.ts';
export { type Breakage, runSchedule, runSchedules } from './schedule/run.ts';
export { shrinkSchedule } from './schedule/shrink.ts';
export type { ContextChoice, DecidedBy, DurableStep, LinkChoice, Schedule, Step, WriteStep } from './schedule/steps.ts';
export { type MakeEngine, type StorageLaw, storageLaws } from './storage-suite.ts';
export type { TransportRig } from './transport-rig.ts';
export { type MakeTransport, type TransportLaw, transportLaws } from './transport-suite.ts';
