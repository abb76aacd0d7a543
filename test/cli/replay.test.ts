import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRepository } from '../lab/history/temporary-repository.ts';
import { runCairn, startCairn } from './drive-process.ts';

const HISTORY = 'examples/git-history-immer.jsonl';
const EXPECTED = 'examples/git-history-immer.expected.json';
let directory = '';
const inDirectory = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cairn-replay-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('replay', () => {
  it('replay prints a table of at most 80 columns, verifies it, says what to try next, and uses no colours in a pipe', async () => {
    const { status, stdout, stderr } = await runCairn(['replay', HISTORY, '--verify', EXPECTED, '--next']);
    expect(stdout).toMatch(/commits +1,559\n/);
    expect(stdout).toMatch(/write \/ write +144 /);
    expect(stdout).toContain(`Equals ${EXPECTED}, merge by merge.`);
    expect(stdout).toContain('cairn -- drive');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe('Replaying commits: 1,559\n');
    expect(status).toBe(0);
  });

  it('replay exits with 1 where a figure differs, and names it', async () => {
    const expected = JSON.parse(readFileSync(new URL(`../../${EXPECTED}`, import.meta.url), 'utf8'));
    expected.events.deletes += 1;
    expected.perMerge[0].conflicts['readme.md'] = 'same-value';
    const file = inDirectory('expected.json', JSON.stringify(expected));
    const { status, stdout } = await runCairn(['replay', HISTORY, '--verify', file]);
    expect(stdout).toContain('events.deletes: expected 191, got 190');
    expect(stdout).toContain(
      `merge ${expected.perMerge[0].merge}, readme.md: expected "same-value", got "write-vs-write"`,
    );
    expect(status).toBe(1);
  });

  it("replay --git --json gives a repository's figures as data", async () => {
    const repository = makeRepository([
      {
        parents: [],
        time: 100,
        files: [
          ['a', '1'],
          ['b', '1'],
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
      { parents: [0], time: 120, files: [['a', '3']] },
      { parents: [1, 2], time: 130, files: [['a', '4']] },
    ]);
    try {
      const { status, stdout } = await runCairn(['replay', '--git', repository.directory, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({
        commits: 4,
        merges: 1,
        events: { writes: 5, deletes: 1 },
        conflicts: { 'write-vs-write': 1, 'same-value': 0, 'delete-vs-write': 0 },
        perMerge: [{ conflicts: { a: 'write-vs-write' } }],
        headLive: 1,
        headDeleted: 1,
        tombstones: { before: 1, after: 0 },
        lastWriterWins: { writesDropped: { total: 1, concurrent: 1, clockSkew: 0 }, deletesUndone: { total: 0 } },
      });
      expect(status).toBe(0);
    } finally {
      repository.remove();
    }
  });

  it('replay --dir goes on after kill -9, verifies exactly, and finds all of it done the next time', async () => {
    const place = join(directory, 'durable');
    const args = ['replay', HISTORY, '--verify', EXPECTED, '--json', '--dir', place];
    const child = startCairn(args);
    child.stdout.resume();
    // The third replica is opened early on, at the first branches.
    while (!existsSync(join(place, 'r3', 'CURRENT'))) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(child.signalCode).toBe('SIGKILL');

    const second = await runCairn(args);
    expect([second.status, second.stderr]).toEqual([0, expect.stringContaining(`Equals ${EXPECTED}, merge by merge.`)]);
    const result = JSON.parse(second.stdout);
    expect(result).toMatchObject(JSON.parse(readFileSync(EXPECTED, 'utf8')));
    expect(result.continuedFrom).toBeGreaterThan(0);
    expect(result.continuedFrom).toBeLessThan(result.commits);
    expect(readFileSync(join(place, 'result.json'), 'utf8')).toBe(second.stdout);

    const third = await runCairn(args.filter((arg) => arg !== '--json'));
    expect(third.stdout).toContain('Continued from all 1,559 commits, done before: opened and checked in ');
    expect(third.stdout).toContain(`Equals ${EXPECTED}, merge by merge.`);
    expect([third.status, third.stderr]).toEqual([0, '']);

    const other = inDirectory('other.jsonl', readFileSync(HISTORY, 'utf8').split('\n').slice(0, 3).join('\n'));
    const refused = await runCairn(['replay', other, '--dir', place]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('the replay of another history')]);
  });

  it.each([
    [[], 2, 'give one HISTORY.jsonl, or --git DIR'],
    [['a', 'b'], 2, 'give one HISTORY.jsonl, or --git DIR'],
    [['a', '--git', 'b'], 2, 'give one HISTORY.jsonl, or --git DIR'],
    [['a', '--sideways'], 2, '--sideways'],
    [['no-such-file.jsonl'], 1, 'no-such-file.jsonl'],
    [['--git', 'no-such-directory'], 1, 'no-such-directory'],
    [['package.json'], 1, 'package.json:1: Cannot read the commit: not JSON'],
    [[HISTORY, '--verify', 'LICENSE'], 1, 'Cannot read LICENSE'],
  ])('replay %j ends with status %i and one line that says why', async (args, wanted, message) => {
    const { status, stdout, stderr } = await runCairn(['replay', ...args]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([status, stdout]).toEqual([wanted, '']);
  });
});
