import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCairn } from './drive-process.ts';

describe('main', () => {
  it('main prints the overview without a command, for help and for --help', async () => {
    const asked = [[], ['help'], ['--help'], ['help', '--help'], ['help', 'help'], ['version', '--help']];
    const pages = await Promise.all(asked.map((args) => runCairn(args)));
    for (const { status, stdout } of pages) expect([status, stdout]).toEqual([0, pages[0]!.stdout]);
    for (const name of COMMANDS.keys()) expect(pages[0]!.stdout).toContain(`  ${name} `);
  });

  it('main explains every command in at most 80 columns', async () => {
    for (const name of COMMANDS.keys()) {
      const [asked, flagged] = await Promise.all([runCairn(['help', name]), runCairn([name, '--help'])]);
      expect(asked.stdout).toContain(`Usage: cairn ${name}`);
      expect(asked.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(flagged).toEqual(asked);
    }
  });

  it('main prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await runCairn(['version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('main prints the version as JSON with --json, and takes nothing else there', async () => {
    const { status, stdout } = await runCairn(['version', '--json']);
    expect([status, JSON.parse(stdout)]).toEqual([0, { version: expect.stringMatching(/^\d+\.\d+\.\d+/) }]);
    expect(await runCairn(['version', 'now'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('main refuses what it does not know with status 2', async () => {
    for (const args of [['__proto__'], ['help', 'constructor']]) {
      const { status, stdout, stderr } = await runCairn(args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('no such command. See: cairn help');
    }
  });
});
