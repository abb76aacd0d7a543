/**
 * `npm run mutate [-- --only clock,codec] [--files GLOB,GLOB] [--tests PLACE,PLACE] [--timeout MS]`: breaks the sources in
 * one small place at a time (mutation testing, with Stryker) and says which places no test noticed, and the share of those
 * that were noticed. Works on a copy in the folder for temporary files. `--files` takes what Stryker does,
 * `src/clock/dot.ts:10-20` and the places printed for what was missed among it; `--tests` runs others than those of the rooms.
 *
 * What makes it shorter, and lets less be noticed: `--sample N` tries every Nth mutant, `--runs N` gives a property so many
 * cases, `--leave-out WORDS` runs no test whose name matches, `--quick MS` none that takes longer with nothing broken.
 */

import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { isRoom, TESTS, type Wanted } from './mutate/rooms.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(TESTS).join(',') },
    files: { type: 'string' },
    tests: { type: 'string' },
    timeout: { type: 'string', default: '5000' },
    sample: { type: 'string', default: '1' },
    runs: { type: 'string', default: '100' },
    'leave-out': { type: 'string' },
    quick: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
  },
});
const rooms = values.only.split(',');
for (const room of rooms) {
  if (!isRoom(room)) throw new RangeError(`Cannot mutate ${room}: the rooms are ${Object.keys(TESTS).join(', ')}`);
}
const tests = values.tests?.split(',') ?? rooms.filter(isRoom).flatMap((room) => [...TESTS[room]]);
// mutate/runner.ts reads it, in the processes that run the tests.
process.env['CAIRN_MUTATE'] = JSON.stringify({
  tests,
  sample: Number(values.sample),
  runs: Number(values.runs),
  leaveOut: values['leave-out'],
  quickMs: Number(values.quick),
} satisfies Wanted);

const results = await new Stryker({
  mutate: values.files?.split(',') ?? rooms.map((room) => `src/${room}/*.ts`),
  // The texts of errors, names and lists of literals are left as they are: a test of each would say the same thing twice.
  mutator: { excludedMutations: ['StringLiteral', 'ArrayDeclaration'] },
  ignorePatterns: ['/dist', '/bench', '/docs', '/.cairn', '/.bench'],
  plugins: [fileURLToPath(new URL('./mutate/runner.ts', import.meta.url))],
  testRunner: 'room',
  testRunnerNodeArgs: ['--import', 'tsx'],
  checkerNodeArgs: ['--import', 'tsx'], // there is none, but its process reads the plugins
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: Number(values.timeout),
  disableTypeChecks: false,
  tsconfigFile: 'none.json', // nothing to adapt: the copy is whole
  tempDirName: join(tmpdir(), 'cairn-mutate'),
  reporters: ['progress-append-only', 'missed'],
  allowConsoleColors: false,
}).runMutationTest();

/** What became of the mutants of one file. A timeout is a mutant that was noticed: it never ends. */
type Tally = { noticed: number; timeouts: number; missed: number };

const sample = Number(values.sample);
const mutants = results.filter(({ status }) => status !== 'Ignored'); // those of an operator that is left out
const tried = mutants.filter(({ id }) => Number(id) % sample === 0);
const tallies = new Map<string, Tally>();
for (const mutant of tried) {
  const name = relative('.', mutant.fileName);
  const tally = tallies.get(name) ?? { noticed: 0, timeouts: 0, missed: 0 };
  tallies.set(name, tally);
  if (mutant.status === 'Killed' || mutant.status === 'Timeout') tally.noticed++;
  if (mutant.status === 'Timeout') tally.timeouts++;
  if (mutant.status === 'Survived' || mutant.status === 'NoCoverage') tally.missed++;
}

const rows = [...tallies].sort(([a], [b]) => (a < b ? -1 : 1));
const width = Math.max(5, ...rows.map(([name]) => name.length));
const row = (name: string, { noticed, timeouts, missed: left }: Tally): string =>
  [
    name.padEnd(width),
    String(noticed + left).padStart(7),
    String(noticed).padStart(7),
    String(timeouts).padStart(8),
    String(left).padStart(6),
    `${((100 * noticed) / (noticed + left)).toFixed(1)} %`.padStart(8),
  ].join('  ');
console.log(`\n${'file'.padEnd(width)}  mutants  noticed  timeouts  missed     score`);
for (const [name, tally] of rows) console.log(row(name, tally));
const all = rows.reduce(
  (sum, [, tally]) => ({
    noticed: sum.noticed + tally.noticed,
    timeouts: sum.timeouts + tally.timeouts,
    missed: sum.missed + tally.missed,
  }),
  { noticed: 0, timeouts: 0, missed: 0 },
);
console.log(row('all', all));
const broken = tried.filter(({ status }) => status === 'RuntimeError' || status === 'Pending').length;
if (broken > 0) console.log(`${broken} mutants could not be tried, and are not counted`);
if (sample > 1) console.log(`a sample of one in ${sample}: ${tried.length} of ${mutants.length} mutants`);
