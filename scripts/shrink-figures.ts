/**
 * `npm run shrink:figures -- [--only TEXT] [--plans N] [--seconds S] [--to DIR]`: for each bug of the zoo, looks for a drawn
 * plan that shows it, as `npm run bite` does, shrinks that, runs what is left again with the bug and without, and says how
 * many steps there were and are and how long it took; then the median and the most. `--to` keeps what was shrunk, as plan
 * files; only those of rules break a law by themselves.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatPlanFile } from '../src/sim/plan-file.ts';
import type { Bug } from '../src/sim/zoo/bug.ts';
import { type ShrunkBug, shrinkBug } from '../src/sim/zoo/shrink-bug.ts';
import { ZOO } from '../src/sim/zoo/zoo.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    plans: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '60' },
    to: { type: 'string' },
  },
});
const bugs = ZOO.filter(({ name }) => name.includes(values.only));
const width = Math.max(0, ...bugs.map(({ name }) => name.length));
const sizes: number[] = [];
const times: number[] = [];
let missed = 0;
console.log(`${'bug planted'.padEnd(width)}  law   plan        steps  replicas  runs  seconds`);
for (const bug of bugs) {
  let begun = 0;
  const onFound = (): void => {
    begun = performance.now();
  };
  const secondsSince = (): number => (performance.now() - begun) / 1_000;
  const isOver = (): boolean => secondsSince() > Number(values.seconds);
  const shrunk = await shrinkBug(bug, { plansMax: Number(values.plans), onFound, isOver });
  if (shrunk === undefined) {
    missed += 1;
    console.log(`${bug.name.padEnd(width)}  none of ${values.plans} plans shows it`);
    continue;
  }
  const seconds = secondsSince();
  sizes.push(shrunk.plan.steps.length);
  times.push(seconds);
  console.log(row(bug, shrunk, seconds));
  if (values.to !== undefined) keep(values.to, bug, shrunk);
}
const [steps, seconds] = [`${median(sizes)} steps`, `${median(times).toFixed(1)} s`];
const most = `at most ${Math.max(0, ...sizes)} and ${Math.max(0, ...times).toFixed(1)} s`;
console.log(`${sizes.length} of ${bugs.length} shown, shrunk and replayed: median ${steps} and ${seconds}, ${most}`);
process.exitCode = missed === 0 ? 0 : 1;

function row({ name }: Bug, { violation, plans, before, plan, runs, isComplete }: ShrunkBug, seconds: number): string {
  const figures = [
    violation.law.padEnd(4),
    String(plans).padStart(5),
    `${before} → ${String(plan.steps.length).padStart(2)}`.padStart(11),
    String(plan.replicas).padStart(8),
    String(runs).padStart(4),
    seconds.toFixed(1).padStart(7),
  ];
  return `${name.padEnd(width)}  ${figures.join('  ')}${isComplete ? '' : '  cut short'}`;
}

function keep(directory: string, { name, plant }: Bug, { plan, violation }: ShrunkBug): void {
  const { law, what, key } = violation;
  const found = { law, what, ...(key === undefined ? {} : { key }) };
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name.replace('not: ', '')}.json`);
  writeFileSync(file, formatPlanFile({ plan, found, broken: plant.broken ?? [] }));
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}
