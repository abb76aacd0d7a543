import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { History } from '../../../src/lab/history/git-history.ts';
import { readGitHistory } from '../../../src/lab/history/git-reader.ts';
import { bytesOfPath } from '../../../src/lab/history/path-key.ts';
import { replay } from '../../../src/lab/history/replay.ts';
import { differencesFrom } from '../../../src/lab/history/replay-result.ts';
import { figuresOf } from './history-oracle.ts';
import { git, makeRepository, type PlannedCommit } from './temporary-repository.ts';

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups) cleanup();
});

async function read(commits: readonly PlannedCommit[]): Promise<{ history: History; directory: string }> {
  const { directory, remove } = makeRepository(commits);
  cleanups.push(remove);
  return { history: await readGitHistory(directory), directory };
}

/** What git itself says the head's tree holds: path bytes as hex → short blob id. */
function treeOf(directory: string): Map<string, string> {
  const listed = git(directory, ['ls-tree', '-r', '-z', 'HEAD'])
    .toString('latin1')
    .split('\0')
    .filter((line) => line !== '');
  return new Map(
    listed.map((line) => {
      const [facts = '', path = ''] = line.split('\t', 1).concat(line.slice(line.indexOf('\t') + 1));
      return [Buffer.from(path, 'latin1').toString('hex'), (facts.split(' ')[2] ?? '').slice(0, 12)];
    }),
  );
}

/** The tree that the changes against the first parents add up to. */
function replayedTree(history: History): Map<string, string> {
  const trees = new Map<string, Map<string, string>>();
  for (const { id, parents, changes } of history) {
    for (const [at, map] of changes.entries()) {
      const tree = new Map(trees.get(parents[at] ?? ''));
      for (const [path, blob] of map) {
        const key = Buffer.from(bytesOfPath(path)).toString('hex');
        if (blob === null) expect(tree.delete(key)).toBe(true);
        else tree.set(key, blob);
      }
      if (at > 0) expect(tree).toEqual(trees.get(id));
      trees.set(id, tree);
    }
  }
  return trees.get(history.at(-1)!.id)!;
}

describe('readGitHistory', () => {
  it('readGitHistory reads octopus merges, several roots, deletes against edits, and replay resolves them', async () => {
    const { history, directory } = await read([
      {
        parents: [],
        time: 100,
        files: [
          ['a', '1'],
          ['b', '1'],
          ['c', '1'],
        ],
      },
      {
        parents: [0],
        time: 110,
        files: [
          ['a', '2'],
          ['b', null],
        ],
      },
      {
        parents: [0],
        time: 120,
        files: [
          ['a', '3'],
          ['c', '9'],
        ],
      },
      {
        parents: [0],
        time: 130,
        files: [
          ['b', '2'],
          ['c', '9'],
        ],
      },
      {
        parents: [],
        time: 90,
        files: [
          ['docs', 'x'],
          ['a', '3'],
        ],
      },
      {
        parents: [1, 2, 3, 4],
        time: 140,
        files: [
          ['a', '4'],
          ['c', '9'],
          ['docs', 'x'],
        ],
      },
      { parents: [5], time: 150, files: [['docs', null]] },
    ]);
    expect(history.map(({ parents }) => parents.length).sort()).toEqual([0, 0, 1, 1, 1, 1, 4]);
    expect(replayedTree(history)).toEqual(treeOf(directory));
    const result = await replay(history);
    expect(differencesFrom({ ...figuresOf(history) }, result)).toEqual([]);
    expect(result.perMerge.map(({ conflicts }) => [...conflicts])).toEqual([
      [
        ['a', 'write-vs-write'],
        ['b', 'delete-vs-write'],
        ['c', 'same-value'],
      ],
    ]);
    expect(result).toMatchObject({
      commits: 7,
      merges: 1,
      headLive: 2,
      headDeleted: 2,
      tombstones: { before: 2, after: 0 },
    });
  });

  it('readGitHistory reads file names that are odd, not UTF-8 or over a key length', async () => {
    const long = `${'long/'.repeat(300)}x`;
    const names = [
      '-dash',
      ' space ',
      'tab\there',
      'line\nbreak',
      '"quoted"',
      'back\\slash',
      ':colon',
      '100644 blob',
      'ünï/😀',
      '__proto__',
      long,
    ];
    const bytes = [Buffer.from([0x63, 0x61, 0x66, 0xe9]), Buffer.from([0xff, 0x0a, 0x22])];
    const files = [...names, ...bytes];
    const { history, directory } = await read([
      { parents: [], time: 1, files: files.map((name) => [name, '1']) },
      { parents: [0], time: 2, files: files.map((name, at) => [name, at % 3 === 0 ? null : '2']) },
      { parents: [0], time: 3, files: files.map((name) => [name, '3']) },
      { parents: [1, 2], time: 4, files: files.map((name) => [name, '4']) },
    ]);
    expect(replayedTree(history)).toEqual(treeOf(directory));
    const result = await replay(history);
    expect(differencesFrom({ ...figuresOf(history) }, result)).toEqual([]);
    expect(result.headLive).toBe(files.length);
    expect(result.conflicts['write-vs-write'] + result.conflicts['delete-vs-write']).toBe(files.length);
    expect([...(result.perMerge[0]?.conflicts.keys() ?? [])]).toEqual(
      expect.arrayContaining([...names.slice(0, 4), '"caf\\351"', '"\\377\\n\\""', long]),
    );
  });

  it('readGitHistory takes a submodule as a value, and a change of mode as none', async () => {
    const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
    const { history } = await read([
      {
        parents: [],
        time: 1,
        files: [
          ['module', { submodule: one }],
          ['script', 'x'],
        ],
      },
      {
        parents: [0],
        time: 2,
        files: [
          ['module', { submodule: two }],
          ['script', { executable: 'x' }],
        ],
      },
      { parents: [1], time: 3, files: [['module', 'now a file']] },
    ]);
    expect(history.map(({ changes }) => changes[0]?.get('module')?.slice(0, 4))).toEqual([
      '1111',
      '2222',
      expect.stringMatching(/^[0-9a-f]{4}$/),
    ]);
    expect(history.map(({ changes }) => changes[0]?.has('script'))).toEqual([true, false, false]);
  });

  it('readGitHistory sees a rename as a delete and a write, and an empty commit as no change', async () => {
    const content = 'the same content, long enough to be found as a rename\n'.repeat(20);
    const { history } = await read([
      { parents: [], time: 1, files: [['old', content]] },
      {
        parents: [0],
        time: 2,
        files: [
          ['old', null],
          ['new', content],
        ],
      },
      { parents: [1], time: 3, files: [] },
    ]);
    expect([...history[1]!.changes[0]!.keys()].sort()).toEqual(['new', 'old']);
    expect(history[2]!.changes[0]!.size).toBe(0);
  });

  it('readGitHistory numbers authors and keeps times and 12 digits of ids', async () => {
    const { history, directory } = await read([
      { parents: [], time: 5, files: [['a', '1']] },
      { parents: [0], time: 4, files: [['a', '2']] },
      { parents: [1], time: 6, files: [['a', '3']] },
    ]);
    expect(history.map(({ author }) => author)).toEqual([0, 1, 0]);
    expect(history.map(({ time }) => time)).toEqual([5, 4, 6]);
    expect(history[2]!.id).toBe(git(directory, ['rev-parse', 'HEAD']).toString().slice(0, 12));
    expect(history[2]!.parents).toEqual([history[1]!.id]);
  });

  it('readGitHistory streams a wide commit', async () => {
    const files = Array.from({ length: 5_000 }, (_, at) => [`directory-${at % 7}/file-${at}`, `${at}`] as const);
    const { history } = await read([{ parents: [], time: 1, files }]);
    expect(history[0]!.changes[0]!.size).toBe(5_000);
  });

  it('readGitHistory says clearly what is wrong with an empty repository, a folder that is none, and a missing one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cairn-history-'));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    await expect(readGitHistory(directory)).rejects.toThrow(/Cannot read .*not a git repository/);
    await expect(readGitHistory(join(directory, 'nowhere'))).rejects.toThrow(/Cannot read .*nowhere/);
    git(directory, ['init', '--quiet']);
    await expect(readGitHistory(directory)).rejects.toThrow(/HEAD names no commit there, make a first commit/);
  });
});
