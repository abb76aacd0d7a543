/**
 * `cairn replay`: reads a history from a file or a git repository, replays it, prints what was found as a table or as
 * JSON, and compares it with expected figures.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { History } from '../lab/history/git-history.ts';
import { readGitHistory } from '../lab/history/git-reader.ts';
import { replay } from '../lab/history/replay.ts';
import { differencesFrom, type ReplayResult, resultToJson } from '../lab/history/replay-result.ts';
import type { ToldBy } from '../lab/history/strategy-replay-result.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { level } from '../storage/level.ts';
import { type Invocation, UsageError } from './command.ts';
import { readExpected, readHistoryFile } from './history-file.ts';
import { replayStrategies } from './replay-strategies.ts';
import { replayTable } from './replay-table.ts';
import { strategiesNamed } from './strategy-list.ts';
import { type Paint, Progress, paintFor } from './terminal.ts';

/** Of many differences the first ones say enough. */
const DIFFERENCES_SHOWN = 10;

const NEXT_STEPS: readonly (readonly [command: string, what: string])[] = [
  ['npm run cairn -- replay --git .', 'the history of any repository'],
  ['npm run cairn -- drive', 'replicas by JSON lines; see: cairn help drive'],
  ['npm run bench', 'how fast, how small, against a plain Map'],
  ['npm run fuzz -- --seconds 60', 'random schedules, checked against the laws'],
  ['npm run bite', 'switch a rule off, and see a law fail'],
];

/** Runs the command; the exit status. */
export async function run({ values, positionals }: Invocation): Promise<number> {
  const [file, ...more] = positionals;
  const { git: directory, verify, dir: place } = values;
  if (more.length > 0 || (file === undefined) === (directory === undefined)) {
    throw new UsageError('Cannot replay: give one HISTORY.jsonl, or --git DIR. See: cairn help replay');
  }
  const strategies = chosenStrategies(values);
  const toldBy = toldByOf(values);
  const expected = typeof verify === 'string' ? await readExpected(verify) : undefined;
  const progress = new Progress();
  let result: ReplayResult;
  try {
    const history =
      typeof directory === 'string' ? await readRepository(directory, progress) : await readHistoryFile(file ?? '');
    if (strategies !== undefined) {
      const source = String(directory ?? file);
      return replayStrategies(history, { strategies, source, toldBy, isJson: values['json'] === true, progress });
    }
    result = await replay(history, {
      onProgress: (done, total) => progress.update('Replaying commits', done, total),
      ...(typeof place === 'string' ? { storageAt: (name: string) => level(join(place, name)) } : {}),
    });
  } finally {
    progress.end();
  }
  if (typeof place === 'string') await writeFile(join(place, 'result.json'), resultText(result));
  const differences = expected === undefined ? [] : differencesFrom(expected, result);
  const paint = paintFor(process.stdout);
  if (values['json'] === true) process.stdout.write(resultText(result));
  else process.stdout.write(replayTable(result, String(directory ?? file), paint));
  // Data alone goes to stdout with --json; the verdict then goes beside it.
  const verdictStream = values['json'] === true ? process.stderr : process.stdout;
  if (typeof verify === 'string') verdictStream.write(verdict(verify, differences, paintFor(verdictStream)));
  if (values['next'] === true && values['json'] !== true) process.stdout.write(nextSteps(place, paint));
  return differences.length === 0 ? 0 : 1;
}

/** undefined: the replay on Cairn with all its figures. */
function chosenStrategies(values: Invocation['values']): readonly Strategy[] | undefined {
  const { strategies } = values;
  if (typeof strategies !== 'string') {
    if (values['told-by'] === undefined) return undefined;
    throw new UsageError('Cannot replay with --told-by alone: it goes with --strategies');
  }
  const other = ['dir', 'verify', 'next'].find((option) => values[option] !== undefined);
  if (other !== undefined)
    throw new UsageError(`Cannot replay under strategies with --${other}: that is for the replay on Cairn alone`);
  return strategiesNamed(strategies);
}

function toldByOf(values: Invocation['values']): ToldBy {
  const toldBy = values['told-by'] ?? 'git';
  if (toldBy === 'git' || toldBy === 'store') return toldBy;
  throw new UsageError(`Cannot have merges told by ${JSON.stringify(toldBy)}: give git or store`);
}

function resultText(result: ReplayResult): string {
  return `${JSON.stringify(resultToJson(result), null, 2)}\n`;
}

function readRepository(directory: string, progress: Progress): Promise<History> {
  return readGitHistory(directory, { onProgress: (read, total) => progress.update('Reading commits', read, total) });
}

function verdict(file: string, differences: readonly string[], paint: Paint): string {
  if (differences.length === 0) return `${paint.good('Equals')} ${file}, merge by merge.\n`;
  const shown = differences.slice(0, DIFFERENCES_SHOWN).map((difference) => `  ${difference}\n`);
  const rest = differences.length - shown.length;
  return `${paint.bad('Differs')} from ${file}:\n${shown.join('')}${rest > 0 ? `  and ${rest} more\n` : ''}`;
}

function nextSteps(place: Invocation['values'][string], paint: Paint): string {
  const inspect = [`npm run cairn -- inspect ${place}/r1`, 'what its first replica knows'] as const; // as: a pair
  const steps = typeof place === 'string' ? [inspect, ...NEXT_STEPS] : NEXT_STEPS;
  const width = Math.max(...steps.map(([command]) => command.length));
  const lines = steps.map(([command, what]) => `  ${paint.bold(command.padEnd(width))}  ${what}\n`);
  return `\nWhat to try next:\n${lines.join('')}`;
}
