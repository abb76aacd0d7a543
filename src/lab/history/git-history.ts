/**
 * A commit history as a causal history: who knew what when they wrote, and what they wrote. Owns the type, the reading
 * of its JSONL form (one commit a line, parents before children) and the checks that make it a history at all. Facts
 * only, no contents: paths and blob ids. Knows nothing of replicas, and not where the lines come from.
 */

import { isWellFormed } from '../../codec/text.ts';

/** Path → blob id, or null for a path that was removed. */
export type Changes = ReadonlyMap<string, string | null>;

/** `changes`: one map per parent, what differs from it; a root commit has one, against the empty tree. */
export type Commit = {
  readonly id: string;
  readonly parents: readonly string[];
  /** A number per person; who it was is no part of a history. */
  readonly author: number;
  /** Commit time, unix seconds. */
  readonly time: number;
  readonly changes: readonly Changes[];
};

/** Commits, parents before children; the last one is the head. */
export type History = readonly Commit[];

/** A line or a commit that is no part of a history; the message names where and what. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
}

/** The longest commit or blob id taken. */
const NAME_LENGTH_MAX = 64;

/**
 * The history that the lines hold; blank lines are skipped. `source` names it in errors.
 * Throws: HistoryError naming the line.
 */
export async function readHistory(lines: AsyncIterable<string> | Iterable<string>, source: string): Promise<History> {
  const builder = new HistoryBuilder();
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      builder.add(parseCommit(line));
    } catch (error) {
      if (error instanceof HistoryError) throw new HistoryError(`${source}:${number}: ${error.message}`);
      throw error;
    }
  }
  try {
    return builder.finish();
  } catch (error) {
    if (error instanceof HistoryError) throw new HistoryError(`${source}: ${error.message}`);
    throw error;
  }
}

/** Takes commits one by one and refuses what cannot be part of a history. */
export class HistoryBuilder {
  readonly #commits: Commit[] = [];
  readonly #ids = new Set<string>();

  /** Throws: HistoryError for a repeated id, or a parent that is unknown or repeated, or changes that do not match the parents. */
  add(commit: Commit): void {
    const { id, parents, changes } = commit;
    if (this.#ids.has(id)) throw new HistoryError(`Cannot take commit ${id}: it was named before, ids must be unique`);
    for (const parent of parents) {
      if (parent === id) throw new HistoryError(`Cannot take commit ${id}: it is its own parent`);
      if (!this.#ids.has(parent)) {
        throw new HistoryError(
          `Cannot take commit ${id}: its parent ${parent} did not come before, put parents before children`,
        );
      }
    }
    if (new Set(parents).size !== parents.length)
      throw new HistoryError(`Cannot take commit ${id}: it names a parent twice`);
    const wanted = Math.max(1, parents.length);
    if (changes.length !== wanted) {
      throw new HistoryError(
        `Cannot take commit ${id}: it has ${changes.length} maps of changes, ${parents.length} parents take ${wanted}`,
      );
    }
    this.#ids.add(id);
    this.#commits.push(commit);
  }

  /** Throws: HistoryError when there is no commit. */
  finish(): History {
    if (this.#commits.length === 0) throw new HistoryError('Cannot replay the history: it holds no commit');
    return this.#commits;
  }
}

/** One line of the JSONL form. Throws: HistoryError naming the field. */
export function parseCommit(line: string): Commit {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new HistoryError(
      `Cannot read the commit: not JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  const fields = fieldsOf(parsed, 'the line');
  return {
    id: nameOf(fields.get('id'), '"id"'),
    parents: listOf(fields.get('parents'), '"parents"').map((parent, at) => nameOf(parent, `"parents"[${at}]`)),
    author: integerOf(fields.get('author'), '"author"'),
    time: integerOf(fields.get('time'), '"time"'),
    changes: listOf(fields.get('changes'), '"changes"').map((changes, at) => changesOf(changes, `"changes"[${at}]`)),
  };
}

function changesOf(input: unknown, what: string): Changes {
  const changes = new Map<string, string | null>();
  for (const [path, blob] of fieldsOf(input, what)) {
    if (path === '') throw new HistoryError(`Cannot read the commit: ${what} has an empty path`);
    if (!isWellFormed(path)) {
      throw new HistoryError(
        `Cannot read the commit: ${what} has a path with a lone surrogate, ${JSON.stringify(path)}`,
      );
    }
    changes.set(path, blob === null ? null : nameOf(blob, `${what} at ${JSON.stringify(path)}`));
  }
  return changes;
}

/** A map, because a path may be called `__proto__`. */
function fieldsOf(input: unknown, what: string): ReadonlyMap<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new HistoryError(`Cannot read the commit: ${what} is ${show(input)}, give an object`);
  }
  return new Map(Object.entries(input));
}

function listOf(input: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(input)) throw new HistoryError(`Cannot read the commit: ${what} is ${show(input)}, give a list`);
  return input;
}

function nameOf(input: unknown, what: string): string {
  if (typeof input === 'string' && input.length >= 1 && input.length <= NAME_LENGTH_MAX && isWellFormed(input))
    return input;
  throw new HistoryError(
    `Cannot read the commit: ${what} is ${show(input)}, give an id of 1 to ${NAME_LENGTH_MAX} characters`,
  );
}

function integerOf(input: unknown, what: string): number {
  if (typeof input === 'number' && Number.isSafeInteger(input)) return input;
  throw new HistoryError(`Cannot read the commit: ${what} is ${show(input)}, give a whole number`);
}

function show(input: unknown): string {
  if (input === undefined) return 'missing';
  const text = JSON.stringify(input);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
