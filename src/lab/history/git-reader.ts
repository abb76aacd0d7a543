/**
 * Reads the history of a git repository with the git command: one `git log` for the commits, one `git diff-tree` that is
 * fed every (parent, commit) pair of trees and streams what differs. No rename detection: a rename is a delete and a
 * write, as it is for a key-value store. A change of mode alone changes no value; a submodule's value is its commit.
 * For Node only; the repository is never written to.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { type Changes, type History, HistoryBuilder, HistoryError } from './git-history.ts';
import { pathOfBytes } from './path-key.ts';

/** How many hex digits of an id are kept, as in the JSONL form. */
const ID_LENGTH = 12;
/** Git's longest field here is a path; this bounds a broken stream. */
const FIELD_BYTES_MAX = 1 << 20;
/** The repository is the one asked for, also inside a hook of another; and git asks nobody anything. */
const ENVIRONMENT: NodeJS.ProcessEnv = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};
const NUL = 0x00;
const NEWLINE = 0x0a;
const COLON = 0x3a;

type Listed = { id: string; tree: string; parents: string[]; time: number; author: number };
type Git = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * The commits that `revision` reaches, parents first; `onProgress` hears how many of them have been read.
 * Throws: HistoryError when git is missing, `directory` is no repository, or it has no commit.
 */
export async function readGitHistory(
  directory: string,
  options: { readonly revision?: string; readonly onProgress?: (read: number, total: number) => void } = {},
): Promise<History> {
  const listed = await listCommits(directory, options.revision ?? 'HEAD');
  const trees = new Map(listed.map((commit) => [commit.id, commit.tree]));
  const empty = (await collect(directory, ['hash-object', '-t', 'tree', '--stdin'])).trim();
  const pairs = listed.flatMap(({ tree, parents }) =>
    parents.length === 0 ? [`${empty} ${tree}\n`] : parents.map((parent) => `${trees.get(parent) ?? empty} ${tree}\n`),
  );
  const differences = diffTrees(directory, pairs);
  const builder = new HistoryBuilder();
  for (const [at, { id, parents, author, time }] of listed.entries()) {
    const changes: Changes[] = [];
    while (changes.length < Math.max(1, parents.length)) {
      const { value, done } = await differences.next();
      if (done === true) throw new HistoryError(`Cannot read ${directory}: git diff-tree ended early, at commit ${id}`);
      changes.push(value);
    }
    builder.add({ id: short(id), parents: parents.map(short), author, time, changes });
    options.onProgress?.(at + 1, listed.length);
  }
  await differences.next(); // lets git end, and hears how it ended
  return builder.finish();
}

async function listCommits(directory: string, revision: string): Promise<Listed[]> {
  await requireCommit(directory, revision);
  const format = '--format=%H%n%T%n%P%n%ct%n%ae';
  const text = await collect(directory, [
    'log',
    '--topo-order',
    '--reverse',
    '--no-show-signature',
    '--no-color',
    '-z',
    format,
    '--end-of-options',
    revision,
    '--',
  ]);
  const authors = new Map<string, number>();
  return text
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [id = '', tree = '', parents = '', time = '', email = ''] = entry.split('\n');
      const author = authors.get(email) ?? authors.size;
      authors.set(email, author);
      return {
        id,
        tree,
        parents: [...new Set(parents.split(' '))].filter((parent) => parent !== ''),
        time: Number(time),
        author,
      };
    });
}

async function requireCommit(directory: string, revision: string): Promise<void> {
  await collect(directory, ['rev-parse', '--git-dir']);
  try {
    await collect(directory, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new HistoryError(`Cannot replay ${directory}: ${revision} names no commit there, make a first commit`);
  }
}

/** One map a pair of trees, in order. */
async function* diffTrees(directory: string, pairs: readonly string[]): AsyncGenerator<Changes, undefined> {
  const git = start(directory, ['diff-tree', '--stdin', '-r', '-z', '--raw', '--no-renames', '--no-abbrev']);
  const ended = outcome(git, directory, 'diff-tree');
  ended.catch(() => {}); // awaited below; the stream may end first
  const fed = feed(git.stdin, pairs);
  fed.catch(() => {}); // git's own outcome says more
  try {
    let changes: Map<string, string | null> | undefined;
    let change: string | undefined;
    for await (const field of fieldsOf(git.stdout)) {
      if (change !== undefined) {
        note(changes, change, field);
        change = undefined;
      } else if (field[0] === COLON) {
        change = field.toString('latin1');
      } else {
        if (changes !== undefined) yield changes;
        changes = new Map();
      }
    }
    if (changes !== undefined) yield changes;
    await ended;
    return undefined;
  } finally {
    git.kill();
  }
}

/** `change` is `:old-mode new-mode old-id new-id letter`. */
function note(changes: Map<string, string | null> | undefined, change: string, path: Buffer): void {
  const [, newMode = '', oldId = '', newId = ''] = change.split(' ');
  if (changes === undefined || newId === '')
    throw new HistoryError(`Cannot read git's answer: unexpected ${JSON.stringify(change)}`);
  if (newMode === '000000') changes.set(pathOfBytes(path), null);
  else if (oldId !== newId) changes.set(pathOfBytes(path), short(newId));
}

/** Splits at NUL; the line that names two trees ends at its newline instead. */
async function* fieldsOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0);
  // A change is followed by a path, which may hold anything but NUL.
  let isPath = false;
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (;;) {
      const isChange: boolean = !isPath && bytes[from] === COLON;
      const to = bytes.indexOf(isPath || isChange ? NUL : NEWLINE, from);
      if (to < 0) break;
      yield bytes.subarray(from, to);
      from = to + 1;
      isPath = isChange;
    }
    rest = bytes.subarray(from);
    if (rest.length > FIELD_BYTES_MAX)
      throw new HistoryError(`Cannot read git's answer: a field is over ${FIELD_BYTES_MAX} bytes`);
  }
}

async function feed(stdin: Writable, lines: readonly string[]): Promise<void> {
  for (const line of lines) if (!stdin.write(line)) await once(stdin, 'drain');
  stdin.end();
}

/** All that a git command prints. */
async function collect(directory: string, args: readonly string[]): Promise<string> {
  const git = start(directory, args);
  git.stdin.end();
  const ended = outcome(git, directory, args[0] ?? '');
  ended.catch(() => {}); // awaited below
  const chunks: Buffer[] = [];
  for await (const chunk of git.stdout) chunks.push(chunk);
  await ended;
  return Buffer.concat(chunks).toString('utf8');
}

function start(directory: string, args: readonly string[]): Git {
  const git = spawn('git', ['-C', directory, '--no-pager', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...ENVIRONMENT },
  });
  git.stdin.on('error', () => {}); // git may end before it has read everything; its status says why
  return git;
}

/** Resolves when git ended well. Throws: HistoryError with what git said. */
async function outcome(git: Git, directory: string, command: string): Promise<void> {
  let said = '';
  git.stderr.on('data', (chunk: Buffer) => {
    if (said.length < 2_000) said += chunk.toString('utf8');
  });
  let status: unknown;
  try {
    [status] = await once(git, 'close');
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'the git command was not found, install git'
        : String(error);
    throw new HistoryError(`Cannot read ${directory}: ${reason}`);
  }
  if (status !== 0)
    throw new HistoryError(
      `Cannot read ${directory}: git ${command} says ${said.trim() || `status ${String(status)}`}`,
    );
}

function short(id: string): string {
  return id.slice(0, ID_LENGTH);
}
