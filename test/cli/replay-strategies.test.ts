import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_STRATEGIES } from '../../src/lab/strategies/registry.ts';
import { runCairn } from './drive-process.ts';

const HISTORY = 'examples/git-history-immer.jsonl';
const PAGE = 'docs/experiments/git-history.md';
let directory = '';
let small = '';
const LINE = '{"id":"a","parents":[],"author":0,"time":1,"changes":[{"x":"1"}]}';
const NEXT = '{"id":"b","parents":["a"],"author":0,"time":0,"changes":[{"x":"2"}]}';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cairn-strategies-'));
  small = join(directory, 'small.jsonl');
  writeFileSync(small, `${LINE}\n${NEXT}\n`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('replay --strategies', () => {
  it('replay --strategies prints what its page shows, at most 80 columns wide, without colours in a pipe', async () => {
    const args = ['replay', HISTORY, '--strategies', 'cairn,lww-wall,lww-hybrid'];
    const { status, stdout, stderr } = await runCairn(args);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain('\u001b');
    expect(readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8')).toContain(stdout);
    expect(stderr).toContain('Replaying commits, lww-wall: 1,559\n');
    expect(status).toBe(0);
  });

  it('replay --strategies --told-by store prints the part of it that its page shows', async () => {
    const args = ['replay', HISTORY, '--strategies', 'cairn,lww-wall,lww-hybrid', '--told-by', 'store'];
    const { stdout } = await runCairn(args);
    expect(readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8')).toContain(stdout.split('What it cost')[0]);
  });

  it('replay --strategies: its help page and docs/experiments/git-history.md name every one that is taken', async () => {
    const { stdout } = await runCairn(['help', 'replay']);
    const page = readFileSync(PAGE, 'utf8');
    const named = page.slice(page.indexOf('\nStrategies:'), page.indexOf('\n## '));
    for (const { name } of ALL_STRATEGIES) {
      expect(stdout).toMatch(new RegExp(`\\s${name}[,;\\s]`));
      expect(named).toContain(`\`${name}\``);
    }
    expect(named).toContain(`\`all\` ${ALL_STRATEGIES.length} of them`);
  });

  it('replay --strategies all puts what does not fit below', async () => {
    const { stdout } = await runCairn(['replay', small, '--strategies', 'all']);
    const heads = stdout.split('\n').filter((line) => /^ {30,}\S/.test(line));
    expect(heads.length).toBeGreaterThan(1);
    expect(heads.join(' ').trim().split(/ +/)).toContain('lww-lamport');
    expect(stdout.match(/^ {2}writes lost/gm)).toHaveLength(heads.length);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('replay --strategies --json gives the results as data, with what went wrong where', async () => {
    const args = ['replay', small, '--strategies', 'lww-wall,cairn,lww-wall', '--json'];
    const { status, stdout } = await runCairn(args);
    const { source, results } = JSON.parse(stdout);
    expect(source).toBe(small);
    expect(results).toMatchObject([
      {
        strategy: { name: 'lww-wall' },
        measures: { conflictsHidden: 1, wentBack: 1, writesLost: 1 },
        atHead: { live: 1, wrong: [{ path: 'x', problem: 'wrong', shown: ['1'] }] },
      },
      { strategy: { name: 'cairn' }, anomalies: [], atHead: { live: 1, wrong: [] } },
    ]);
    expect(results[0].anomalies).toContainEqual(
      expect.objectContaining({ kind: 'lost', path: 'x', commit: 'b', occasion: 'end' }),
    );
    expect(status).toBe(0);
  });

  it.each([
    [['--strategies', 'cairn,nobody'], 'Cannot take strategy "nobody": it is unknown, give some of cairn, '],
    [['--strategies', ''], 'Cannot take strategy ""'],
    [['--strategies', 'all', '--dir', 'd'], 'Cannot replay under strategies with --dir'],
    [['--strategies', 'all', '--verify', 'f'], 'Cannot replay under strategies with --verify'],
    [['--strategies', 'all', '--told-by', 'me'], 'Cannot have merges told by "me": give git or store'],
    [['--told-by', 'store'], 'Cannot replay with --told-by alone'],
    [['--strategies', 'all', '--next'], 'Cannot replay under strategies with --next'],
  ])('replay refuses %j', async (options, words) => {
    const { status, stderr } = await runCairn(['replay', HISTORY, ...options]);
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });
});
