import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cairn, Directories, MADE } from './directories.ts';
import { runCairn } from './drive-process.ts';

const { root } = new Directories('demo');

describe('demo', () => {
  it('demo replays a history on three replicas of its own, says what came of it, ends them; and does so again', async () => {
    const history = join(root, 'history.jsonl');
    const commit = (id: string, parents: string[], ...changes: object[]): string =>
      JSON.stringify({ id, parents, author: 0, time: 1, changes });
    const commits = [
      commit('c1', [], { a: 'a1', b: 'b1' }),
      commit('c2', ['c1'], { a: 'a2', b: null }),
      commit('c3', ['c1'], { a: 'a3' }),
      commit('c4', ['c1'], { b: 'b4' }),
      commit('c5', ['c3', 'c4'], { b: 'b4' }, { a: 'a3' }),
      commit('c6', ['c2', 'c5'], { a: 'a6', b: 'b6' }, { a: 'a6', b: 'b6' }),
      commit('c7', ['c6'], { b: null, c: 'c7' }),
      commit('c8', ['c7'], { c: 'c8' }),
    ];
    writeFileSync(history, commits.join('\n'));
    for (let run = 1; run <= 2; run += 1) {
      const { status, stdout, stderr } = await runCairn(['demo', history, '--once', '--dir', join(root, 'replicas')]);
      expect([status, stdout]).toEqual([0, expect.stringContaining('All three have ended.')]);
      expect(stdout).toMatch(/ {2}berlin +http:\/\/127\.0\.0\.1:\d+ {2}process \d+/);
      expect(stdout).toMatch(/commits, merges +8 {2}2 merges; berlin 5, oslo 2, lima 1\n/);
      expect(stdout).toMatch(/conflicts met by merges +2 {2}1 writes, 0 same value, 1 delete beside write\n/);
      expect(stdout).toMatch(/commits while lima was cut off +4 /);
      expect(stdout).toMatch(/tombstones reaped +\d+ {2}none left/);
      expect(stderr).toBe('Replaying commits: 8\nReplaying commits, lima is cut off: 8\nReplaying commits: 8\n');
    }
  });

  it('demo removes no replica that no demo has made, and says what to do', async () => {
    const directory = join(root, 'own');
    await cairn(['put', join(directory, 'oslo'), 'k', '1'], MADE);
    const args = ['demo', 'examples/git-history-immer.jsonl', '--once', '--dir', directory];
    const { status, stdout, stderr } = await runCairn(args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`nothing says that a demo made ${join(directory, 'oslo')}; give another --dir, or`);
    expect(await cairn(['get', join(directory, 'oslo'), 'k'])).toBe('1\n');
    expect(readdirSync(directory)).toEqual(['oslo']);
  });

  it('demo says when the three do not show what is expected, with status 1', async () => {
    const history = join(root, 'short.jsonl');
    writeFileSync(history, readFileSync('examples/git-history-immer.jsonl', 'utf8').split('\n').slice(0, 4).join('\n'));
    const expected = 'examples/git-history-immer.expected.json';
    const { status, stdout } = await runCairn([
      'demo',
      history,
      '--once',
      '--verify',
      expected,
      '--dir',
      join(root, 'b'),
    ]);
    expect([status, stdout]).toEqual([1, expect.stringContaining('git has other figures: commits, merges, events')]);
  });
});
