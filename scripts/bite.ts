/**
 * `npm run bite [-- --schedules N] [--seed N]`: switches off one rule of the design at a time and runs random schedules until
 * a law fails. A rule that can be switched off without anybody noticing is not needed, or not tested: that is a failure.
 */

import { parseArgs } from 'node:util';
import { ALL_RULES, type RuleName } from '../src/rules.ts';
import { runSchedules, shrinkSeed } from '../src/testkit/schedule/run.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});
const schedulesMax = Number(values.schedules);
const seed = Number(values.seed);
const names = Object.keys(ALL_RULES) as RuleName[]; // the keys of the table
const width = Math.max(...names.map((name) => name.length));

console.log(`${'rule switched off'.padEnd(width)}  law broken  schedules  smallest case`);
let survivors = 0;
for (const name of names) {
  const rules = { ...ALL_RULES, [name]: false };
  const { ran, failed } = await runSchedules(seed, (done) => done >= schedulesMax, rules);
  if (failed === undefined) {
    survivors++;
    console.log(
      `${name.padEnd(width)}  none        ${String(ran).padStart(9)}  survives: it is not needed, or not tested`,
    );
    continue;
  }
  const { shrunk, shrunkBreakage } = await shrinkSeed(failed.seed, failed.breakage, rules);
  const size = `${shrunk.steps.length} steps, ${shrunk.replicas} replicas`;
  console.log(`${name.padEnd(width)}  ${failed.breakage.law.padEnd(10)}  ${String(ran).padStart(9)}  ${size}`);
  if (values.verbose) console.log(`  ${shrunkBreakage.message}\n  ${JSON.stringify(shrunk)}`);
}
console.log(survivors === 0 ? 'every rule bites' : `${survivors} rules survive ${schedulesMax} schedules`);
process.exitCode = survivors === 0 ? 0 : 1;
