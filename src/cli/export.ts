/**
 * `cairn export`: what a store shows, as JSON lines in key order: values, siblings of conflicts, deletes. What it knows
 * about them (dots, times, contexts) is not in it; a backup keeps that.
 */

import { toTagged } from '../codec/tagged-json.ts';
import { compareText } from '../codec/text.ts';
import type { Answer } from '../store/answer.ts';
import { isInternalKey } from '../store/key.ts';
import { stateOf } from '../store/versioned-kv-store.ts';
import { option, words } from './arguments.ts';
import { CommandError, type Invocation } from './command.ts';
import { quoted, write } from './output.ts';
import { loadAll, type Store, withStore } from './store-directory.ts';
import { Progress } from './terminal.ts';
import { formatValue } from './value-text.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = ''] = words('export', invocation, ['DIR']);
  const prefix = option(invocation, 'prefix') ?? '';
  await withStore(directory, {}, (store) => exportAll(store, prefix));
  return 0;
}

async function exportAll(store: Store, prefix: string): Promise<void> {
  const damaged = await loadAll(store);
  if (damaged.length > 0) {
    const names = damaged.slice(0, 10).map(quoted).join(', ');
    throw new CommandError(
      `Cannot export: ${damaged.length} keys are damaged (${names}), exchange with a healthy peer`,
    );
  }
  const keys = stateOf(store)
    .table.ordered()
    .keys.filter((key) => key.startsWith(prefix) && !isInternalKey(key))
    .sort(compareText);
  const progress = new Progress();
  try {
    for (const [at, key] of keys.entries()) {
      const line = lineOf(key, store.peek(key));
      if (line !== undefined) await write(`${line}\n`);
      // On a terminal that shows the lines themselves, a line that rewrites itself would run into them.
      if (!process.stdout.isTTY && process.stderr.isTTY) progress.update('Keys exported', at + 1, keys.length);
    }
  } finally {
    progress.end();
  }
}

function lineOf(key: string, { status, siblings }: Answer<unknown>): string | undefined {
  const name = JSON.stringify(key);
  const [only] = siblings;
  if (status === 'absent' || only === undefined) return undefined;
  if (siblings.length === 1) {
    return only.tombstone ? `{"key":${name},"deleted":true}` : `{"key":${name},"value":${formatValue(only.value)}}`;
  }
  const each = siblings.map((sibling) => (sibling.tombstone ? { deleted: true } : { value: toTagged(sibling.value) }));
  return `{"key":${name},"siblings":${JSON.stringify(each)}}`;
}
