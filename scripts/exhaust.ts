/**
 * `npm run exhaust [-- --operations 7] [--replicas 3] [--changes N] [--blind] [--without RULE]`: every history of so many
 * operations on one key, on the real code, judged after each by the oracle and at each end after healing. Without
 * `--changes` or `--blind` three searches: without changes of members; one operation less with two of them; one operation
 * less with blind writes. The first history that breaks a law is printed as a regression file.
 */

import { parseArgs } from 'node:util';
import { ALL_RULES, type RuleName, type Rules } from '../src/rules.ts';
import { MOVE_KINDS, type MoveKind } from '../src/testkit/exhaustive/moves.ts';
import { type SearchResult, searchAll } from '../src/testkit/exhaustive/search.ts';
import { runSchedule } from '../src/testkit/schedule/run.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '7' },
    replicas: { type: 'string', default: '3' },
    changes: { type: 'string' },
    blind: { type: 'boolean', default: false },
    without: { type: 'string' },
  },
});

type Scope = { readonly operations: number; readonly changes: number; readonly blind: boolean };

const rules = rulesWithout(values.without);
const replicas = count('replicas', values.replicas, 2, 4);
const operations = count('operations', values.operations, 1, 12);
const isOne = values.changes !== undefined || values.blind;
const scopes: readonly Scope[] = isOne
  ? [{ operations, changes: count('changes', values.changes ?? '0', 0, 12), blind: values.blind }]
  : [
      { operations, changes: 0, blind: false },
      { operations: operations - 1, changes: 2, blind: false },
      { operations: operations - 1, changes: 0, blind: true },
    ];

let violations = 0;
for (const scope of scopes) if (violations === 0 && scope.operations > 0) violations += await search(scope);
process.exitCode = violations;

async function search({ operations: longest, changes, blind }: Scope): Promise<number> {
  const kinds: readonly MoveKind[] = MOVE_KINDS.filter(
    (kind) => (blind || kind !== 'blind') && (changes > 0 || kind !== 'members'),
  );
  console.log(
    `${replicas} replicas, 1 key, up to ${longest} operations: ${kinds.join(', ')}; ${changes} changes of members`,
  );
  const start = performance.now();
  const used = process.cpuUsage();
  const elapsed = (): number => (performance.now() - start) / 1_000;
  let told = 0;
  const result = searchAll({
    ...{ operations: longest, replicas, kinds, rules, changesMax: changes },
    onProgress: ({ depth, done, of, states, transitions }) => {
      if (elapsed() - told < 10) return;
      told = elapsed();
      console.log(
        `  ${told.toFixed(0)} s: histories of ${depth}, ${done} of ${of} states made longer; ${states} states, ${transitions} transitions`,
      );
    },
  });
  tell(result, elapsed(), process.cpuUsage(used).user / 1e6);
  if (result.violation === undefined) return 0;
  const { message, schedule } = result.violation;
  console.log(`\n${message}\n\nas a file of test/regressions:\n${JSON.stringify(schedule)}`);
  const breakage = await runSchedule(schedule, rules);
  console.log(`\nthe runner of schedules says: ${breakage === undefined ? 'every law held' : breakage.message}`);
  return 1;
}

function tell(
  { states, statesUnreduced, transitions, byDepth, healed, locals, runs, violation }: SearchResult,
  seconds: number,
  processorSeconds: number,
): void {
  console.log(`  new states by length: ${byDepth.join(', ')}`);
  console.log(
    `  ${states} states (${statesUnreduced} with the names of replicas told apart), ${transitions} transitions, ${healed} ends healed`,
  );
  console.log(
    `  ${locals} states of one replica, ${runs} runs of the real code, ${seconds.toFixed(0)} s, ${processorSeconds.toFixed(0)} s of processors`,
  );
  console.log(`  ${violation === undefined ? 0 : 1} violations`);
}

function count(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new RangeError(`Cannot search: --${option} takes an integer from ${min} to ${max}`);
}

function rulesWithout(name: string | undefined): Rules {
  if (name === undefined) return ALL_RULES;
  if (!Object.hasOwn(ALL_RULES, name))
    throw new RangeError(`Cannot switch off "${name}": the rules are ${Object.keys(ALL_RULES).join(', ')}`);
  return { ...ALL_RULES, [name as RuleName]: false }; // checked on the line above
}
