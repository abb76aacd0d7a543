/**
 * `npm run bench:check -- [--small] [--only PART] [--json]`: how long the checkers of histories take, against the least
 * that any of them must do, measured in the same run: one pass that finds for every read the write it read. Misses are
 * said, and are no failure of the command.
 */

import { fileURLToPath } from 'node:url';
import { checkRegisters, checkSiblings, type RegisterHistory, type RegisterLevel } from 'cairndb/testkit';
import { registerWorkload, siblingWorkload } from './check-workload.ts';
import { collectGarbage, ensure, timed } from './measure.ts';
import { commandOf, type Parts, type PartsOptions, runParts } from './parts.ts';
import type { StorageFigure } from './storage-report.ts';

const SESSIONS = 50;

const PARTS: Parts = {
  hundred: async ({ small }) => benchRegisters(small ? 2_000 : 100_000, ['cc', 'ccv', 'cm'], 5_000),
  million: async ({ small }) => benchRegisters(small ? 4_000 : 1_000_000, ['cc', 'ccv'], 60_000),
  siblings: async ({ small }) => benchSiblings(small ? 2_000 : 100_000),
};

/** Everything, or one part, in the order of the table. */
export function benchCheck(options: PartsOptions): Promise<StorageFigure[]> {
  return runParts(PARTS, options);
}

function benchRegisters(operations: number, levels: readonly RegisterLevel[], atMost: number): StorageFigure[] {
  const history = registerWorkload({ operations, sessions: SESSIONS, keys: 1_000 });
  let resolved = 0;
  collectGarbage();
  const baseMs = timed(() => {
    resolved = readsFrom(history);
  });
  return levels.flatMap((level) => {
    let holds = false;
    collectGarbage();
    const ms = timed(() => {
      ({ holds } = checkRegisters(history, level));
    });
    ensure(level === 'cm' || holds, `a history of a causal store is not ${level}`);
    ensure(resolved > 0, 'no read read anything');
    const floor = level === 'cm' ? {} : { floor: { atMost } };
    return figures(`${level}, ${operations.toLocaleString('en')} operations`, operations, ms, baseMs, floor);
  });
}

function benchSiblings(operations: number): StorageFigure[] {
  const history = siblingWorkload({ operations, sessions: SESSIONS, keys: 1_000 });
  const plain = registerWorkload({ operations, sessions: SESSIONS, keys: 1_000 });
  collectGarbage();
  const baseMs = timed(() => ensure(readsFrom(plain) > 0, 'no read read anything'));
  let holds = false;
  collectGarbage();
  const ms = timed(() => {
    ({ holds } = checkSiblings(history));
  });
  ensure(holds, 'a history of a causal store does not hold');
  return figures(`siblings, ${operations.toLocaleString('en')} operations`, operations, ms, baseMs, {});
}

function figures(
  name: string,
  operations: number,
  ms: number,
  baseMs: number,
  floor: Pick<StorageFigure, 'floor'>,
): StorageFigure[] {
  const pace = Math.round(operations / (ms / 1_000)).toLocaleString('en');
  return [
    { name, value: ms, unit: 'ms', ...floor, note: `${SESSIONS} sessions; ${pace} operations/s` },
    {
      name: `${name}, against the pass`,
      value: ms / baseMs,
      unit: 'times',
      note: `the pass takes ${baseMs.toFixed(0)} ms`,
    },
  ];
}

/** The pass: how many reads read a write. */
function readsFrom({ sessions }: RegisterHistory): number {
  const writes = new Map<string, number>();
  let at = 0;
  for (const { transactions } of sessions)
    for (const transaction of transactions)
      for (const { kind, key, value } of transaction) {
        if (kind === 'write') writes.set(`${key} ${value}`, at);
        at += 1;
      }
  let resolved = 0;
  for (const { transactions } of sessions)
    for (const transaction of transactions)
      for (const { kind, key, value } of transaction)
        if (kind === 'read' && writes.has(`${key} ${value}`)) resolved += 1;
  return resolved;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await commandOf(PARTS, 'checking histories');
