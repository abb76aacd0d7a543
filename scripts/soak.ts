/**
 * `npm run soak -- [--schedules 100000] [--seconds N] [--seed N] [--minutes M] [--processes N] [--least N]`: simulated
 * schedules over all profiles, in as many processes as there are cores, on the built package. First the plans that once
 * broke a law. One that breaks a law now is written down and the rest goes on; the log ends with what struck how often.
 * `--least N`: also fails when a kind of fault struck fewer times, or two kinds never in one run.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { coverageTable, pairMatrix } from '../src/cli/coverage-table.ts';
import { paintFor } from '../src/cli/terminal.ts';
import { Coverage } from '../src/sim/coverage.ts';
import { PROFILES, type Profile } from '../src/sim/draw-plan.ts';
import { formatPlanFile, parsePlanFile } from '../src/sim/plan-file.ts';
import type { SoakAnswer, SoakTask } from './soak-child.ts';

const TOLD_EVERY_MS = 30_000;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 40)) },
    minutes: { type: 'string', default: '0.4' },
    processes: { type: 'string', default: String(availableParallelism()) },
    least: { type: 'string', default: '0' },
    pairs: { type: 'boolean', default: false },
  },
});
const [schedules, seconds, seed, minutes, processes, least] = (
  ['schedules', 'seconds', 'seed', 'minutes', 'processes', 'least'] as const
).map((name) => Number(values[name])) as [number, number, number, number, number, number]; // one a name
if (
  ![schedules, seconds, minutes, processes].every((number) => number > 0) ||
  !Number.isSafeInteger(seed) ||
  !(least >= 0)
)
  throw new RangeError('Cannot soak: give numbers above 0, and a whole number as --seed');

const profiles = Object.keys(PROFILES) as Profile[]; // the table's keys
/** It strikes in a profile of its own, where it meets few others. */
const ALONE = 'living copy';
const coverage = new Coverage();
const broken: string[] = [];
const begun = performance.now();
let [asked, done, virtualMs, operations, toldMs] = [0, 0, 0, 0, 0];

const past = new URL('../test/regressions/plans/', import.meta.url);
const waiting: SoakTask[] = readdirSync(past)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ plan: parsePlanFile(readFileSync(new URL(name, past), 'utf8')).plan, name }));
console.log(
  `${waiting.length} plans of the past, then ${schedules} schedules of ${minutes} virtual minutes from seed ${seed}, in ${processes} processes`,
);

await Promise.all(Array.from({ length: processes }, work));
report();

function nextTask(): SoakTask | undefined {
  const first = waiting.shift();
  if (first !== undefined) return first;
  if (asked >= schedules || performance.now() - begun > seconds * 1_000) return undefined;
  const at = asked;
  asked += 1;
  const profile = profiles[at % profiles.length] ?? 'swarm';
  return { seed: seed + at, profile, minutes, name: `seed ${seed + at}, ${profile}` };
}

/** One process, asked for one schedule after another. */
async function work(): Promise<void> {
  const child = fork(fileURLToPath(new URL('./soak-child.ts', import.meta.url)), {
    // Nearly all that a run makes is gone soon: with more room for the young there is less to look through.
    execArgv: ['--max-semi-space-size=32', '--import', 'tsx'],
    env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.build.json' },
  });
  try {
    for (let task = nextTask(); task !== undefined; task = nextTask()) take(task, await ask(child, task));
  } finally {
    child.disconnect();
  }
}

function ask(child: ChildProcess, task: SoakTask): Promise<SoakAnswer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`${task.name}: the process ended by itself, with ${code}`));
    child.once('exit', ended);
    child.once('message', (answer: SoakAnswer) => {
      child.off('exit', ended);
      resolve(answer);
    });
    child.send(task);
  });
}

function take(task: SoakTask, answer: SoakAnswer): void {
  virtualMs += answer.virtualMs;
  operations += answer.operations;
  const isDrawn = 'seed' in task;
  if (isDrawn) {
    done += 1;
    coverage.add(new Map(answer.struck));
  }
  const { violation, plan } = answer;
  if (violation !== undefined) {
    const { law, what, key } = violation;
    const file = isDrawn ? `cairn-soak-${task.seed}.json` : `test/regressions/plans/${task.name}`;
    const found = { law, what, ...(key === undefined ? {} : { key }) };
    if (isDrawn && plan !== undefined) writeFileSync(file, formatPlanFile({ plan, found }));
    broken.push(`${task.name}: ${law} does not hold: ${what}\n  npm run cairn -- simulate --replay ${file}`);
    console.log(`BROKEN ${broken.at(-1)}`);
  }
  const now = performance.now();
  if (now - toldMs < TOLD_EVERY_MS) return;
  toldMs = now;
  console.log(`${done} schedules, ${rate()}, ${broken.length} broken`);
}

function rate(): string {
  const realMs = performance.now() - begun;
  return `${((done / realMs) * 1_000).toFixed(1)} schedules a second, ${(virtualMs / realMs).toFixed(1)} virtual seconds a second`;
}

function report(): void {
  const paint = paintFor(process.stdout);
  const { kinds, pairs } = coverage.toData();
  const rarest = kinds.reduce((one, other) => (other[1] < one[1] ? other : one));
  const apart = pairs.filter(([one, other, runs]) => runs === 0 && one !== ALONE && other !== ALONE);
  console.log(`\n${coverageTable(coverage, paint)}`);
  if (values.pairs) console.log(pairMatrix(coverage, paint));
  console.log(`rarest: ${rarest[0]}, ${rarest[1]} times; pairs that never struck in one run: ${apart.length}`);
  for (const [one, other] of apart.slice(0, 40)) console.log(`  ${one} and ${other}`);
  console.log(
    `${done} schedules, ${operations} operations, ${(virtualMs / 3_600_000).toFixed(2)} virtual hours in ${((performance.now() - begun) / 1_000).toFixed(1)} s: ${rate()}`,
  );
  const isThin = least > 0 && (rarest[1] < least || apart.length > 0);
  if (isThin) console.log(`too little struck: each kind is to strike ${least} times, and each two in one run`);
  console.log(broken.length === 0 ? 'every law held' : `${broken.length} schedules broke a law:\n${broken.join('\n')}`);
  process.exitCode = broken.length === 0 && !isThin ? 0 : 1;
}
