/** `cairn simulate --replay`: one plan from a file, run again, with a record of all that happened if one is wanted. */

import { readFile, writeFile } from 'node:fs/promises';
import { parsePlanFile } from '../sim/plan-file.ts';
import { toEdn } from '../sim/record/edn.ts';
import { toJsonLines } from '../sim/record/json-lines.ts';
import { toMermaid } from '../sim/record/mermaid.ts';
import { toShiViz } from '../sim/record/shiviz.ts';
import { windowOf } from '../sim/record/window.ts';
import type { TraceEvent } from '../sim/recorder.ts';
import { type RunOptions, type RunResult, runPlan } from '../sim/run.ts';
import { flag, option } from './arguments.ts';
import { CommandError, type Invocation, UsageError } from './command.ts';
import { notice, say, write } from './output.ts';
import { numberOf } from './simulate-options.ts';
import { count, paintFor } from './terminal.ts';

const FORMATS: readonly string[] = ['jsonl', 'shiviz', 'edn', 'mermaid'];

/** Runs the plan; the exit status is 1 when a law does not hold. */
export async function replay(invocation: Invocation, file: string, options: RunOptions): Promise<number> {
  const format = option(invocation, 'record');
  if (format !== undefined && !FORMATS.includes(format))
    throw new UsageError(`Cannot record: --record is ${format}, give one of ${FORMATS.join(', ')}`);
  const { plan } = parsed(file, await readFile(file, 'utf8'));
  const events: TraceEvent[] = [];
  const recording = format === undefined ? {} : { onEvent: (event: TraceEvent) => void events.push(event) };
  const result = await runPlan(plan, { ...options, ...recording });
  const out = option(invocation, 'out');
  // A record alone goes to stdout; what is said about it then goes beside it.
  const isData = format !== undefined && out === undefined;
  if (format !== undefined) {
    const text = recordOf(invocation, format, events, result);
    if (out === undefined) await write(text);
    else await writeFile(out, text);
  }
  const { violation, hash, virtualMs, events: happened, messages, operations, rounds } = result;
  const data = { seed: plan.seed, violation, hash, virtualMs, events: happened, messages, operations, rounds };
  const paint = paintFor(isData ? process.stderr : process.stdout);
  const what = `${plan.steps.length} ${plan.steps.length === 1 ? 'step' : 'steps'} on ${plan.replicas} replicas, ${count(happened)} events, ${(virtualMs / 1_000).toFixed(1)} virtual s, trace ${hash}`;
  const verdict = violation === undefined ? paint.good('every law held') : paint.bad(`${violation.law} does not hold`);
  const lines = [`${what}: ${verdict}`, ...(violation === undefined ? [] : [`  ${violation.what}`])];
  if (isData) notice(flag(invocation, 'json') ? JSON.stringify(data) : lines.join('\n'));
  else await say(invocation, data, lines);
  return violation === undefined ? 0 : 1;
}

function parsed(file: string, text: string): ReturnType<typeof parsePlanFile> {
  try {
    return parsePlanFile(text);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new CommandError(`${file}: ${cause.message}`);
  }
}

function recordOf(
  invocation: Invocation,
  format: string,
  all: readonly TraceEvent[],
  { violation }: RunResult,
): string {
  const last = numberOf(invocation, 'events', { from: 1, to: 1e9, otherwise: Number.POSITIVE_INFINITY });
  const end = violation === undefined ? {} : { untilMs: violation.at, end: `${violation.law} does not hold` };
  if (format === 'mermaid') return toMermaid(all, { ...(Number.isFinite(last) ? { events: last } : {}), ...end });
  const events = Number.isFinite(last) ? windowOf(all, last, violation?.at) : all;
  if (format === 'shiviz') return toShiViz(events);
  return format === 'edn' ? toEdn(events) : toJsonLines(events);
}
