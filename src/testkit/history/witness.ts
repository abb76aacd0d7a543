/**
 * What a checker shows: a violated pattern with the operations that prove it and how each leads to the next. Data first;
 * the lines for people are made from it.
 */

import { EDGES, type EdgeKind, PATTERNS, type PatternName } from './patterns.ts';
import type { Step } from './session-graph.ts';

/** An operation and where it stands: its session, and its place in it from 0. */
export type WitnessOperation = { readonly session: string; readonly index: number; readonly operation: string };

/** `because` is the operation for whose sake the edge is there. */
export type WitnessEdge = { readonly kind: EdgeKind; readonly because?: WitnessOperation };

/** Edge i leads from operation i to operation i + 1; with as many edges as operations, the last leads back to the first. */
export type Violation = {
  readonly pattern: PatternName;
  readonly meaning: string;
  readonly operations: readonly WitnessOperation[];
  readonly edges: readonly WitnessEdge[];
};

/** Whether a level holds, and what breaks it: at most one violation a pattern, each with the shortest witness found. */
export type Verdict = { readonly holds: boolean; readonly violations: readonly Violation[] };

/** A violation of this pattern. */
export function violation(
  pattern: PatternName,
  operations: readonly WitnessOperation[],
  edges: readonly WitnessEdge[] = [],
): Violation {
  return { pattern, meaning: PATTERNS[pattern], operations, edges };
}

/** How the nodes and steps of a graph are shown. */
export type Show = {
  readonly operation: (node: number) => WitnessOperation;
  readonly edge: (step: Step) => WitnessEdge;
};

/** A circle in a graph as a violation. */
export function circleViolation(pattern: PatternName, steps: readonly Step[], show: Show): Violation {
  return violation(
    pattern,
    steps.map(({ from }) => show.operation(from)),
    steps.map((step) => show.edge(step)),
  );
}

/** A path in a graph as a violation, with an edge back to where it began, if there is one. */
export function pathViolation(pattern: PatternName, steps: readonly Step[], show: Show, back?: WitnessEdge): Violation {
  const nodes = [...steps.map(({ from }) => from), ...steps.slice(-1).map(({ to }) => to)];
  const edges = steps.map((step) => show.edge(step));
  return violation(
    pattern,
    nodes.map((node) => show.operation(node)),
    back === undefined ? edges : [...edges, back],
  );
}

/** The verdict these violations make. */
export function verdict(violations: readonly Violation[]): Verdict {
  return { holds: violations.length === 0, violations };
}

/** A violation as lines: the name, the sentence, then the operations with the edges between them. */
export function violationLines({ pattern, meaning, operations, edges }: Violation): string[] {
  const lines = [`${pattern}: ${meaning}`];
  for (const [at, operation] of operations.entries()) {
    lines.push(`  ${at + 1}. ${placed(operation)}`);
    const edge = edges[at];
    if (edge === undefined) continue;
    const because = edge.because === undefined ? '' : `, for ${placed(edge.because)} knows it`;
    const kind = `${EDGES[edge.kind]}${because}`;
    lines.push(at + 1 < operations.length ? `     ↓ ${kind}` : `     ↑ back to 1: ${kind}`);
  }
  return lines;
}

function placed({ session, index, operation }: WitnessOperation): string {
  return `session ${session} #${index} ${operation}`;
}
