/**
 * `cairn import`: writes what an export shows. Each key shows afterwards what its line says, whatever it showed before:
 * a line is based on what the store shows at that moment. Many keys go into one commit; which lines are done is known
 * by the commit that failed.
 */

import { createReadStream } from 'node:fs';
import type { BatchOperation } from '../store/operations.ts';
import { option, words } from './arguments.ts';
import { CommandError, type Invocation } from './command.ts';
import { type Line, readLines } from './line-reader.ts';
import { say } from './output.ts';
import { type Store, withStore } from './store-directory.ts';
import { count, Progress } from './terminal.ts';
import { untagged } from './value-text.ts';

/** What a key is to hold: values, and `undefined` for a delete. */
type Entry = { readonly key: string; readonly held: readonly unknown[]; readonly where: string };

const LINE_BYTES_MAX = 256 * 1024 * 1024;
const BATCH_KEYS = 500;
const BATCH_CHARACTERS = 4 * 1024 * 1024;

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = '', file] = words('import', invocation, ['DIR', '[FILE]']);
  const input = file === undefined ? process.stdin : createReadStream(file);
  // The input is looked at before a store is made for it.
  const lines = readLines(input, LINE_BYTES_MAX)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done !== true && first.value[0] !== undefined) entryAt(first.value[0], `${file ?? 'stdin'}:1`);
  const progress = new Progress();
  const importing = (store: Store): Promise<number> =>
    importAll(store, allOf(first, lines), file ?? 'stdin', (done) => progress.update('Keys imported', done, 0));
  try {
    const keys = await withStore(directory, { create: true, name: option(invocation, 'name') }, importing);
    await say(invocation, { keys }, [`${count(keys)} keys.`]);
  } finally {
    progress.end();
  }
  return 0;
}

async function* allOf(
  first: IteratorResult<readonly Line[]>,
  rest: AsyncIterator<readonly Line[]>,
): AsyncGenerator<readonly Line[], void> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}

async function importAll(
  store: Store,
  chunks: AsyncIterable<readonly Line[]>,
  source: string,
  onProgress: (keys: number) => void,
): Promise<number> {
  let batch = new Map<string, Entry>();
  let characters = 0;
  let number = 0;
  let done = 0;
  const flush = async (): Promise<void> => {
    await writeAll(store, [...batch.values()]);
    done += batch.size;
    onProgress(done);
    batch = new Map();
    characters = 0;
  };
  for await (const lines of chunks) {
    for (const line of lines) {
      number += 1;
      const where = `${source}:${number}`;
      const entry = entryAt(line, where);
      if (entry === undefined) continue;
      if (batch.has(entry.key) || batch.size >= BATCH_KEYS || characters > BATCH_CHARACTERS) await flush();
      batch.set(entry.key, entry);
      characters += 'text' in line ? line.text.length : 0;
    }
  }
  await flush();
  return done;
}

/** The first version of each key replaces what it shows; the others follow as its siblings. */
async function writeAll(store: Store, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  const answers = await checked(entries, () => store.getMany(entries.map(({ key }) => key)));
  const write = ({ key, held }: Entry, at: number, context: string): BatchOperation<unknown> =>
    held[at] === undefined ? { delete: key, context } : { put: key, value: held[at], context };
  const firsts = entries.map((entry, at) => {
    const answer = answers[at];
    return write(entry, 0, answer?.status === 'conflict' ? answer.context : 'local');
  });
  await checked(entries, () => store.batch(firsts));
  const most = Math.max(...entries.map(({ held }) => held.length));
  for (let at = 1; at < most; at += 1) {
    const left = entries.filter(({ held }) => held.length > at);
    await checked(left, () => store.batch(left.map((entry) => write(entry, at, 'none'))));
  }
}

/** Says between which lines something was refused. */
async function checked<R>(entries: readonly Entry[], step: () => Promise<R>): Promise<R> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const [first] = entries;
    throw new CommandError(`${error.message} (in ${first?.where ?? ''} to ${entries.at(-1)?.where ?? ''})`);
  }
}

/** What a line says; undefined for a blank one. */
function entryAt(line: Line, where: string): Entry | undefined {
  if ('fault' in line) throw new CommandError(`Cannot import ${where}: ${line.fault}`);
  return line.text.trim() === '' ? undefined : entryOf(line.text, where);
}

function entryOf(line: string, where: string): Entry {
  const refuse = (why: string): never => {
    throw new CommandError(`Cannot import ${where}: ${why}, see: cairn help export`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return refuse('it is not JSON');
  }
  const fields = fieldsOf(parsed);
  const key = fields.get('key');
  if (typeof key !== 'string') return refuse('it has no "key"');
  const siblings = fields.get('siblings');
  const versions = siblings === undefined ? [fields] : Array.isArray(siblings) ? siblings.map(fieldsOf) : [];
  if (versions.length === 0) return refuse('its "siblings" are no list of values and deletes');
  const held = versions.map((version) => {
    const hasValue = version.has('value');
    if (hasValue === (version.get('deleted') === true)) return refuse('give one of "value" and "deleted":true');
    return hasValue ? untagged(version.get('value'), where) : undefined;
  });
  return { key, held, where };
}

function fieldsOf(json: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.entries(json) : []);
}
