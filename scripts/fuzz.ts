/**
 * `npm run fuzz -- --seconds 60 [--seed N] [--durable] [--replay FILE|JSON|SEED] [--without RULE]`: random schedules with
 * fresh seeds, of replicas in memory or (`--durable`) on disks, against the model until the time is over, then a table of what they met; the first that breaks a law is shrunk and
 * printed with its replay command.
 */

import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ALL_RULES, type RuleName, type Rules } from '../src/rules.ts';
import { generateDurableSchedule, generateSchedule } from '../src/testkit/schedule/generate.ts';
import { runSchedule, runSchedules, shrinkSeed } from '../src/testkit/schedule/run.ts';
import type { Schedule } from '../src/testkit/schedule/steps.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    without: { type: 'string' },
    durable: { type: 'boolean', default: false },
  },
});
const generate = values.durable ? generateDurableSchedule : generateSchedule;
const rules = rulesWithout(values.without);
process.exitCode = values.replay === undefined ? await fuzz(Number(values.seconds)) : await replay(values.replay);

async function fuzz(seconds: number): Promise<number> {
  const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 47) : Number(values.seed);
  if (!Number.isSafeInteger(first) || !(seconds > 0))
    throw new RangeError('Cannot fuzz: --seed takes an integer, --seconds a number above 0');
  console.log(`seed ${first}, ${seconds} s`);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1_000;
  let told = 0;
  const { ran, failed, coverage } = await runSchedules(
    first,
    (done) => {
      if (elapsed() - told >= 10) {
        told = elapsed();
        console.log(`${done} schedules, ${Math.round(done / told)} a second`);
      }
      return elapsed() >= seconds;
    },
    rules,
    generate,
  );
  console.log(
    `${ran} schedules in ${elapsed().toFixed(1)} s, ${Math.round(ran / elapsed())} a second, ${failed === undefined ? 'every law held' : 'a law is broken'}`,
  );
  console.log(`\n${coverage}\n`);
  if (coverage.missing.length > 0) console.log(`never met: ${coverage.missing.join(', ')}`);
  if (failed === undefined) return 0;
  console.log(`\nseed ${failed.seed}, step ${failed.breakage.step}: ${failed.breakage.message}\n\nshrinking …`);
  const { shrunk, shrunkBreakage } = await shrinkSeed(failed.seed, failed.breakage, rules, generate);
  tell(shrunk, shrunkBreakage.step, shrunkBreakage.message);
  const off = values.without === undefined ? '' : ` --without ${values.without}`;
  console.log(`\nreplay it:\n  npm run fuzz --${off} --replay '${JSON.stringify(shrunk)}'`);
  return 1;
}

/** `what`: a file, a schedule as JSON, or a seed. */
async function replay(what: string): Promise<number> {
  const text = existsSync(what) ? readFileSync(what, 'utf8') : what;
  const schedule = /^\d+$/.test(text) ? generate(Number(text)) : (JSON.parse(text) as Schedule); // printed by this script
  const breakage = await runSchedule(schedule, rules);
  if (breakage === undefined) {
    console.log('every law held');
    return 0;
  }
  tell(schedule, breakage.step, breakage.message);
  return 1;
}

function tell(schedule: Schedule, step: number, message: string): void {
  const { steps, ...head } = schedule;
  console.log(JSON.stringify(head));
  for (const [at, line] of steps.entries()) {
    console.log(`${at === step ? '>' : ' '} ${String(at).padStart(2)} ${JSON.stringify(line)}`);
  }
  if (step >= steps.length) console.log('>    at the end, when all replicas meet');
  console.log(message);
}

function rulesWithout(name: string | undefined): Rules {
  if (name === undefined) return ALL_RULES;
  if (!Object.hasOwn(ALL_RULES, name))
    throw new RangeError(`Cannot switch off "${name}": the rules are ${Object.keys(ALL_RULES).join(', ')}`);
  return { ...ALL_RULES, [name as RuleName]: false }; // checked on the line above
}
