/** `cairn experiment`: runs a scenario, shows what each strategy lost and cost, and keeps the result as files. */

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultToCsv } from '../lab/experiment/csv.ts';
import { runExperiment } from '../lab/experiment/experiment.ts';
import type { ExperimentResult } from '../lab/experiment/result.ts';
import { formatResult } from '../lab/experiment/result-file.ts';
import { traceFirstRuns } from '../lab/experiment/traces.ts';
import { PRESETS } from '../lab/presets/presets.ts';
import { reportHtml } from '../lab/report/report.ts';
import type { FullScenario } from '../lab/scenario/scenario.ts';
import { strategiesNamed } from '../lab/strategies/chosen.ts';
import { ALL_STRATEGIES } from '../lab/strategies/registry.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { flag, option, words } from './arguments.ts';
import { CommandError, type Invocation, UsageError } from './command.ts';
import { experimentTable } from './experiment-table.ts';
import { notice, say, write } from './output.ts';
import { type FoundScenario, type Overrides, ownStrategies, presetScenario, readScenario } from './scenario-file.ts';
import { count, Progress, paintFor, timeLeft } from './terminal.ts';

const WIDTH = 100;
/** Not a scenario: what git merged, under every strategy. */
const HISTORY_PRESET = 'git-history';
const HISTORY_ABOUT = 'A real history of 1,559 commits, under every strategy: what each would have hidden or lost.';
const HISTORY = new URL('../../examples/git-history-immer.jsonl', import.meta.url);

/** Runs the command; the exit status: 1 when an assertion does not hold. */
export async function run(invocation: Invocation): Promise<number> {
  const [file] = words('experiment', invocation, ['[SCENARIO]']);
  if (flag(invocation, 'list')) return list(invocation);
  if (option(invocation, 'preset') === HISTORY_PRESET) return replayHistory(invocation);
  const found = await findScenario(invocation, file);
  const begun = performance.now();
  const own = await ownStrategies(found);
  const out = option(invocation, 'out');
  if (out !== undefined) await makeFolder(out);
  const result = await runShown(found.scenario, own);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  if (out !== undefined) await keep(result, own, out);
  const isKept = result.assertions.every(({ holds }) => holds);
  if (flag(invocation, 'json')) {
    await write(formatResult(result));
    return isKept ? 0 : 1;
  }
  const width = process.stdout.isTTY ? process.stdout.columns : WIDTH;
  await write(experimentTable(result, width, paintFor(process.stdout)));
  const runs = result.cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  notice(
    `${count(runs)} runs, ${count(result.operations)} operations, in ${seconds} s${out === undefined ? '' : `: ${out}`}`,
  );
  return isKept ? 0 : 1;
}

/** As `cairn replay --strategies`, of the history that lies beside the sources. */
async function replayHistory(invocation: Invocation): Promise<number> {
  const stray = ['out', 'seeds'].find((name) => option(invocation, name) !== undefined);
  if (stray !== undefined)
    throw new UsageError(
      `Cannot run ${HISTORY_PRESET} with --${stray}: it is one history; for a report: cairn experiment examples/git-history.yaml`,
    );
  const file = fileURLToPath(HISTORY);
  if (!existsSync(file))
    throw new UsageError(
      `Cannot run ${HISTORY_PRESET}: ${file} comes with the sources only, run: cairn replay HISTORY --strategies all`,
    );
  const { run: replay } = await import('./replay.ts');
  const values = { strategies: option(invocation, 'strategies') ?? 'all', json: flag(invocation, 'json') };
  return replay({ values, positionals: [file] });
}

async function findScenario(invocation: Invocation, file: string | undefined): Promise<FoundScenario> {
  const preset = option(invocation, 'preset');
  if ((file === undefined) === (preset === undefined))
    throw new UsageError('Cannot experiment: give either a SCENARIO or --preset NAME. See: cairn help experiment');
  const overrides = overridesOf(invocation);
  if (preset !== undefined) return presetScenario(preset, overrides);
  return readScenario(file ?? '', overrides);
}

function overridesOf(invocation: Invocation): Overrides {
  const strategies = option(invocation, 'strategies');
  const seeds = option(invocation, 'seeds');
  return {
    ...(strategies === undefined ? {} : { strategies: strategies.split(',').map((name) => name.trim()) }),
    ...(seeds === undefined ? {} : { seeds: seedsOf(seeds) }),
  };
}

function seedsOf(text: string): number | readonly number[] {
  if (!/^\d{1,13}(,\d{1,13})*$/.test(text))
    throw new UsageError(`Cannot experiment: --seeds is ${text}, give how many, or which, as 3,5,8`);
  return text.includes(',') ? text.split(',').map(Number) : Number(text);
}

async function runShown(scenario: FullScenario, strategies: readonly Strategy[]): Promise<ExperimentResult> {
  const progress = new Progress();
  const begun = performance.now();
  try {
    return await runExperiment(scenario, {
      strategies,
      onProgress: ({ runsDone, runs }) => {
        const left = timeLeft(performance.now() - begun, runsDone, runs);
        progress.update(`Running ${scenario.name}, runs`, runsDone, runs, left);
      },
    });
  } finally {
    progress.end();
  }
}

/** Before the runs, which may take long. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Cannot keep a result in ${folder}: ${why}, give --out a folder`);
  }
}

async function keep(result: ExperimentResult, own: readonly Strategy[], folder: string): Promise<void> {
  await writeFile(join(folder, 'result.json'), formatResult(result));
  await writeFile(join(folder, 'result.csv'), resultToCsv(result));
  const { scenario } = result;
  const traces = traceFirstRuns(scenario, strategiesNamed(scenario.strategies, own));
  await writeFile(join(folder, 'report.html'), reportHtml(result, traces));
}

async function list(invocation: Invocation): Promise<number> {
  const presets = [
    ...PRESETS.map(({ name, about }) => ({ name, about })),
    ...(existsSync(HISTORY) ? [{ name: HISTORY_PRESET, about: HISTORY_ABOUT }] : []),
  ];
  const strategies = ALL_STRATEGIES.map(({ name, make, options }) => ({ name, rule: make({}).rule, options }));
  const paint = paintFor(process.stdout);
  const width = Math.max(...[...presets, ...strategies].map(({ name }) => name.length));
  const lines = [paint.bold('Presets'), ...presets.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`)];
  lines.push('', paint.bold('Strategies'));
  for (const { name, rule, options } of strategies) {
    lines.push(`  ${name.padEnd(width)}  ${rule}`);
    for (const [option, { about, default: fallback }] of Object.entries(options))
      lines.push(`  ${' '.repeat(width)}    ${option}: ${about} (${fallback})`);
  }
  await say(invocation, { presets, strategies }, lines);
  return 0;
}
