/**
 * `npm run shrink:figures -- [--only NAME] [--minutes M] [--seeds N] [--seconds S] [--to DIR]`: breaks one thing at a time,
 * looks for a plan that shows it, shrinks that, and says how many steps are left and how long it took; then the median.
 * `--to` keeps what was shrunk, as plan files.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ALL_RULES, type RuleName } from '../src/rules.ts';
import { type DrawOptions, drawPlan, PROFILES, type Profile } from '../src/sim/draw-plan.ts';
import type { Plan } from '../src/sim/plan.ts';
import { formatPlanFile } from '../src/sim/plan-file.ts';
import { type RunOptions, runPlan } from '../src/sim/run.ts';
import { shrinkPlan } from '../src/sim/shrink-plan.ts';

/** Something that is wrong: how plans are run so that it is, and which plans suit it, if not any. */
type Subject = {
  readonly name: string;
  readonly run: RunOptions;
  readonly broken: readonly string[];
  readonly draw?: DrawOptions;
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    minutes: { type: 'string', default: '0.4' },
    seeds: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    to: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const profiles = Object.keys(PROFILES) as Profile[]; // the keys of the table

const rules = Object.keys(ALL_RULES) as RuleName[]; // the keys of the table
const subjects: readonly Subject[] = rules.map((name) => ({ name, run: { broken: [name] }, broken: [name] }));

const chosen = subjects.filter(({ name }) => values.only === undefined || name.includes(values.only));
const width = Math.max(...subjects.map(({ name }) => name.length));
const sizes: number[] = [];
const times: number[] = [];
console.log(`${'broken'.padEnd(width)}  law  found after  steps  replicas  runs  seconds`);
for (const subject of chosen) {
  const found = await findPlan(subject);
  if (found === undefined) {
    console.log(`${subject.name.padEnd(width)}  none of ${values.seeds} plans shows it`);
    continue;
  }
  const begun = performance.now();
  const isOver = (): boolean => performance.now() - begun > Number(values.seconds) * 1_000;
  const shrunk = await shrinkPlan(found.plan, { run: subject.run, isOver });
  const seconds = (performance.now() - begun) / 1_000;
  if (shrunk === undefined)
    throw new Error(`${subject.name}: the plan that broke a law breaks none when it is run again`);
  const { plan, violation, runs } = shrunk;
  sizes.push(plan.steps.length);
  times.push(seconds);
  const figures = [
    `${found.plan.steps.length} → ${plan.steps.length}`,
    `${plan.replicas}`,
    `${runs}`,
    seconds.toFixed(1),
  ];
  console.log(`${subject.name.padEnd(width)}  ${violation.law.padEnd(3)}  ${found.plans} plans  ${figures.join('  ')}`);
  if (values.to === undefined) continue;
  mkdirSync(values.to, { recursive: true });
  const { law, what, key } = violation;
  const told = { law, what, ...(key === undefined ? {} : { key }) };
  writeFileSync(join(values.to, `${subject.name}.json`), formatPlanFile({ plan, found: told, broken: subject.broken }));
}
console.log(
  `${sizes.length} of ${chosen.length} shown and shrunk: median ${median(sizes)} steps, at most ${Math.max(0, ...sizes)}; median ${median(times).toFixed(1)} s, at most ${Math.max(0, ...times).toFixed(1)} s`,
);

async function findPlan({ run, draw }: Subject): Promise<{ readonly plan: Plan; readonly plans: number } | undefined> {
  for (let plans = 1; plans <= Number(values.seeds); plans += 1) {
    const profile = profiles[plans % profiles.length] ?? 'swarm';
    const plan = drawPlan(plans, draw ?? { minutes, profile });
    const { violation } = await runPlan(plan, run);
    if (violation !== undefined) return { plan, plans };
  }
  return undefined;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}
