/**
 * `cairn simulate`: runs plans of the simulator, one seed after the other, until one breaks a law or all are done; or one
 * plan from a file, of which a record can be kept.
 */

import { Coverage } from '../sim/coverage.ts';
import { drawPlan, PROFILES, type Profile } from '../sim/draw-plan.ts';
import { type RunOptions, runPlan } from '../sim/run.ts';
import { flag, option, words } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';
import { coverageTable, pairMatrix } from './coverage-table.ts';
import { notice, say, write } from './output.ts';
import { type Found, keepFound } from './simulate-found.ts';
import { brokenOf, numberOf } from './simulate-options.ts';
import { replay } from './simulate-replay.ts';
import { count, Progress, paintFor } from './terminal.ts';

type Asked = {
  readonly seed: number;
  readonly schedules: number;
  readonly profile: Profile;
  readonly minutes: number;
  readonly replicas: number | undefined;
  readonly run: RunOptions;
};

/** Options of plans that are drawn. */
const OF_DRAWN = ['seed', 'schedules', 'profile', 'minutes', 'replicas', 'pairs', 'no-shrink'] as const;

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  words('simulate', invocation, []);
  const { broken } = brokenOf(invocation);
  const file = option(invocation, 'replay');
  if (option(invocation, 'events') !== undefined && option(invocation, 'record') === undefined)
    throw new UsageError('Cannot take the last --events of nothing: give --record too. See: cairn help simulate');
  if (file !== undefined) {
    const stray = OF_DRAWN.find((name) => invocation.values[name] !== undefined);
    if (stray !== undefined)
      throw new UsageError(`Cannot replay ${file} with --${stray}: the plan is in the file. See: cairn help simulate`);
    return replay(invocation, file, { broken });
  }
  if (option(invocation, 'record') !== undefined)
    throw new UsageError('Cannot record many runs: give --replay FILE too. See: cairn help simulate');
  return simulate(invocation, askedOf(invocation, { broken }));
}

function askedOf(invocation: Invocation, runOptions: RunOptions): Asked {
  const profile = option(invocation, 'profile') ?? 'swarm';
  if (!isProfile(profile))
    throw new UsageError(
      `Cannot simulate: --profile is ${JSON.stringify(profile)}, give one of ${Object.keys(PROFILES).join(', ')}`,
    );
  const isGiven = option(invocation, 'replicas') !== undefined;
  return {
    seed: numberOf(invocation, 'seed', { from: 0, to: 2 ** 40, otherwise: Math.floor(Math.random() * 2 ** 32) }),
    schedules: numberOf(invocation, 'schedules', { from: 1, to: 1e9, otherwise: 100 }),
    profile,
    minutes: numberOf(invocation, 'minutes', { from: 0.01, to: 10_000, otherwise: 0.5, isFraction: true }),
    replicas: isGiven ? numberOf(invocation, 'replicas', { from: 2, to: 7, otherwise: 3 }) : undefined,
    run: runOptions,
  };
}

function isProfile(text: string): text is Profile {
  return Object.hasOwn(PROFILES, text);
}

type Figures = { done: number; operations: number; events: number; virtualMs: number; realMs: number };

async function simulate(invocation: Invocation, asked: Asked): Promise<number> {
  const { seed, schedules, profile, minutes, replicas } = asked;
  const progress = new Progress();
  const coverage = new Coverage();
  const figures: Figures = { done: 0, operations: 0, events: 0, virtualMs: 0, realMs: 0 };
  const begun = performance.now();
  let found: Found | undefined;
  try {
    while (figures.done < schedules && found === undefined) {
      progress.update(`Simulating from seed ${seed}, schedules`, figures.done, schedules);
      const plan = drawPlan(seed + figures.done, { profile, minutes, ...(replicas === undefined ? {} : { replicas }) });
      const result = await runPlan(plan, asked.run);
      figures.done += 1;
      figures.operations += result.clients.acknowledged + result.clients.reads;
      figures.events += result.events;
      figures.virtualMs += result.virtualMs;
      coverage.add(result.struck);
      if (result.violation !== undefined) found = { plan, violation: result.violation };
    }
  } finally {
    progress.end();
  }
  figures.realMs = performance.now() - begun;
  const paint = paintFor(process.stdout);
  const kept = found === undefined ? undefined : await keepFound(invocation, found, asked.run);
  const data = { seed, schedules: figures.done, profile, minutes, ...figures, ...coverage.toData(), found: kept?.data };
  if (!flag(invocation, 'json')) {
    await write(`${coverageTable(coverage, paint)}\n`);
    if (flag(invocation, 'pairs')) await write(`${pairMatrix(coverage, paint)}\n`);
    if (kept !== undefined) await write(`${paint.bad(kept.headline)}\n${kept.lines.join('\n')}\n\n`);
  } else if (kept !== undefined) notice([kept.headline, ...kept.lines].join('\n'));
  const verdict = kept === undefined ? paint.good('every law held') : paint.bad('a law does not hold');
  await say(invocation, data, [`${summary(asked, figures)}: ${verdict}`]);
  return kept === undefined ? 0 : 1;
}

function summary({ seed, profile }: Asked, { done, operations, virtualMs, realMs }: Figures): string {
  const which = `${count(done)} ${profile} ${done === 1 ? 'schedule' : 'schedules'} from seed ${seed}`;
  const speed = `${(virtualMs / 60_000).toFixed(1)} virtual minutes in ${(realMs / 1_000).toFixed(1)} s`;
  return `${which}, ${count(operations)} operations, ${speed}`;
}
