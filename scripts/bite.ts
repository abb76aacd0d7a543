/**
 * `npm run bite [-- --schedules N] [--seed N] [--plans N] [--only TEXT] [--verbose]`: shows that what checks can fail. Switches
 * off one rule of the design at a time and runs random schedules until a law fails; then plants one bug of the zoo at a
 * time in the simulator and runs plans until a law fails. What nobody notices is not needed, or not tested: a failure.
 */

import { parseArgs } from 'node:util';
import { ALL_RULES, type RuleName } from '../src/rules.ts';
import { hunt, ZOO } from '../src/sim/zoo/zoo.ts';
import { runSchedules, shrinkSeed } from '../src/testkit/schedule/run.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100000' },
    plans: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const survivors = [...(await biteRules(Number(values.schedules))), ...(await biteZoo(Number(values.plans)))];
console.log(survivors.length === 0 ? 'everything bites' : `not noticed: ${survivors.join(', ')}`);
process.exitCode = survivors.length === 0 ? 0 : 1;

/** The rules under random schedules; gives those that nobody missed. */
async function biteRules(schedulesMax: number): Promise<readonly string[]> {
  const names = (Object.keys(ALL_RULES) as RuleName[]).filter((name) => name.includes(values.only)); // the keys of the table
  const width = widthOf(names);
  const missed: string[] = [];
  console.log(`${'rule switched off'.padEnd(width)}  law broken  schedules  smallest case`);
  for (const name of names) {
    const rules = { ...ALL_RULES, [name]: false };
    const { ran, failed } = await runSchedules(seed, (done) => done >= schedulesMax, rules);
    if (failed === undefined) {
      missed.push(name);
      console.log(`${name.padEnd(width)}  none        ${String(ran).padStart(9)}  survives`);
      continue;
    }
    const { shrunk, shrunkBreakage } = await shrinkSeed(failed.seed, failed.breakage, rules);
    const size = `${shrunk.steps.length} steps, ${shrunk.replicas} replicas`;
    console.log(`${name.padEnd(width)}  ${failed.breakage.law.padEnd(10)}  ${String(ran).padStart(9)}  ${size}`);
    if (values.verbose) console.log(`  ${shrunkBreakage.message}\n  ${JSON.stringify(shrunk)}`);
  }
  return missed;
}

/** The bugs of the zoo in the simulator; gives those that nobody noticed. */
async function biteZoo(plansMax: number): Promise<readonly string[]> {
  const bugs = ZOO.filter(({ name }) => name.includes(values.only));
  const width = widthOf(bugs.map(({ name }) => name));
  const missed: string[] = [];
  console.log(`\n${'bug planted'.padEnd(width)}  law broken  plans   seed  seconds`);
  for (const bug of bugs) {
    const began = performance.now();
    const { ran, found, alsoWithout } = await hunt(bug, seed, plansMax);
    if (found === undefined) missed.push(bug.name);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1).padStart(7);
    const [law, at] = found === undefined ? ['none', '-'] : [found.law, String(found.seed)];
    console.log(
      `${bug.name.padEnd(width)}  ${law.padEnd(10)}  ${String(ran).padStart(5)}  ${at.padStart(5)}  ${seconds}`,
    );
    if (alsoWithout.length > 0)
      console.log(`  passed over, a law breaks there without the bug too: seeds ${alsoWithout.join()}`);
    if (values.verbose) console.log(`  ${bug.what}: ${found?.what ?? 'nobody noticed'}`);
  }
  return missed;
}

function widthOf(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => name.length));
}
