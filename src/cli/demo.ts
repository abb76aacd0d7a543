/**
 * `cairn demo`: three replicas on this machine, a real history replayed into them through HTTP with one of them cut off
 * for half of it, and then they are there to be tried. Begins anew each time.
 */

import { join } from 'node:path';
import type { History } from '../lab/history/git-history.ts';
import type { Expected } from '../lab/history/replay-result.ts';
import { flag, option, words } from './arguments.ts';
import { CommandError, type Invocation } from './command.ts';
import { clearTrio, NAMES, startTrio, stopTrio, type TrioReplica } from './demo/trio.ts';
import { replayPage, trioPage, tryPage } from './demo/trio-pages.ts';
import { replayOnTrio, type TrioReplay } from './demo/trio-replay.ts';
import { readExpected, readHistoryFile } from './history-file.ts';
import { write } from './output.ts';
import { Progress, paintFor } from './terminal.ts';

const DIRECTORY = join('.cairn', 'demo');

/** Runs the command; the exit status: 1 when the replicas do not show what git has. */
export async function run(invocation: Invocation): Promise<number> {
  const [file = ''] = words('demo', invocation, ['HISTORY.jsonl']);
  const directory = option(invocation, 'dir') ?? DIRECTORY;
  const history = await readHistoryFile(file);
  const verify = option(invocation, 'verify');
  const expected = verify === undefined ? undefined : await readExpected(verify);
  await clearTrio(directory);
  const end = new Promise<'signal'>((resolve) => {
    // One that comes again, from the terminal and from npm, changes nothing: the three are ending.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('signal'));
  });
  const replicas = await startTrio(directory);
  try {
    const show = showOn(history, replicas, directory, expected);
    const shown = await Promise.race([show, end, lossOf(replicas)]);
    if (shown === 'signal') return 0;
    if (flag(invocation, 'once')) return shown;
    await write(tryPage(replicas, 'npm run -s cairn --', paintFor(process.stdout)));
    await Promise.race([end, lossOf(replicas)]);
    return shown;
  } finally {
    await stopTrio(replicas);
    await write('\nAll three have ended.\n');
  }
}

/** Replays, and says what came of it; the exit status. */
async function showOn(
  history: History,
  replicas: readonly TrioReplica[],
  directory: string,
  expected: Expected | undefined,
): Promise<number> {
  const paint = paintFor(process.stdout);
  const cutName = NAMES.at(-1) ?? '';
  await write(trioPage(replicas, directory, paint));
  const progress = new Progress();
  const result = await replayOnTrio(history, replicas, (done, total, isCut) =>
    progress.update(isCut ? `Replaying commits, ${cutName} is cut off` : 'Replaying commits', done, total),
  ).finally(() => progress.end());
  const differences = expected === undefined ? undefined : differencesFrom(expected, result);
  await write(replayPage(result, cutName, differences, paint));
  return differences === undefined || differences.length === 0 ? 0 : 1;
}

/** Fails when one of them ends before it was told to. */
async function lossOf(replicas: readonly TrioReplica[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const { name, process: child } of replicas) {
      child.once('exit', () => reject(new CommandError(`Cannot go on: the replica "${name}" has ended, see its log`)));
    }
  });
}

/** Figures in which the three differ from what git, and the replay in one process, have. */
function differencesFrom(expected: Expected, result: TrioReplay): readonly string[] {
  const { commits, merges, events, conflicts, live: headLive, headDigest } = result;
  const figures: Expected = { commits, merges, events, conflicts, headLive, headDigest };
  return Object.keys(figures).filter((name) => sorted(expected[name]) !== sorted(figures[name]));
}

/** As text that does not depend on the order of fields. */
function sorted(figure: unknown): string {
  if (typeof figure !== 'object' || figure === null) return JSON.stringify(figure);
  return JSON.stringify(Object.entries(figure).sort(([a], [b]) => (a < b ? -1 : 1)));
}
