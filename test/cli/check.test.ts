import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Directories } from './directories.ts';
import { runCairn } from './drive-process.ts';

const directories = new Directories('check');
const golden = (name: string): string => `test/vectors/histories/${name}`;

function file(text: string): string {
  const directory = directories.next('history');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'history'), text);
  return join(directory, 'history');
}

describe('check', () => {
  it('check says that a history holds, and for what', async () => {
    expect(await runCairn(['check', golden('elle-rw-register.edn')])).toMatchObject({
      status: 0,
      stdout: 'Holds: cc, 5 operations in 3 sessions.\n',
    });
    const { status, stdout } = await runCairn(['check', golden('dbcop.json'), '--level', 'ccv', '--json']);
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      { format: 'dbcop', level: 'ccv', holds: true, violations: [], operations: 6, sessions: 2 },
    ]);
  });

  it('check finds of the siblings in guide 10 what the guide says: they hold, and without the put they do not', async () => {
    const [, block = ''] = readFileSync('docs/guide/10-testing-with-cairn.md', 'utf8').split('```json\n');
    const lines = block.slice(0, block.indexOf('```')).trim().split('\n');
    const whole = await runCairn(['check', file(lines.join('\n'))]);
    expect([whole.status, whole.stdout]).toEqual([0, 'Holds: siblings, 4 operations in 2 sessions.\n']);
    const part = await runCairn(['check', file(lines.slice(1).join('\n'))]);
    expect([part.status, part.stdout]).toEqual([1, expect.stringMatching(/^ThinAirShown: /)]);
  });

  it('check names what is wrong and shows it operation by operation, with exit status 1', async () => {
    const { status, stdout, stderr } = await runCairn(['check', golden('register.edn')]);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout.split('\n')).toEqual([
      'WriteCORead: A read returns a write that it knows to be overwritten.',
      '  1. session 0 #0 w(:x,1)',
      '     ↓ session order',
      '  2. session 0 #1 w(:x,2)',
      '     ↓ reads-from',
      '  3. session 1 #0 r(:x,2)',
      '     ↓ session order',
      '  4. session 1 #1 r(:x,1)',
      '     ↑ back to 1: returns what it wrote',
      '',
      'Does not hold: cc, 4 operations in 2 sessions.',
      '',
    ]);
  });

  it('check tells levels apart, and gives the witness as data', async () => {
    const given = golden('register.jsonl');
    expect((await runCairn(['check', given])).status).toBe(0);
    const { status, stdout } = await runCairn(['check', given, '--level', 'ccv', '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      1,
      {
        level: 'ccv',
        holds: false,
        violations: [
          {
            pattern: 'CyclicCF',
            operations: [
              { session: '0', index: 0, operation: 'w(x,1)' },
              { session: '2', index: 0 },
            ],
            edges: [{ kind: 'conflict' }, { kind: 'conflict', because: { session: '1', operation: 'r(x,1)' } }],
          },
        ],
      },
    ]);
  });

  it('check finds a resurrection in a history of siblings', async () => {
    const { status, stdout } = await runCairn(['check', golden('siblings.jsonl')]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'Resurrection: L10: a read shows a version that its causal past knows to be superseded.\n',
    );
    expect(stdout).toContain('Does not hold: siblings, 5 operations in 2 sessions.\n');
  });

  it('check writes a history in another format, to a file or to standard output, and reads it back from a pipe', async () => {
    const out = file('');
    const written = await runCairn(['check', golden('dbcop.json'), '--to', 'plume', '--out', out]);
    expect(written).toMatchObject({ status: 0, stdout: '', stderr: `Wrote 6 operations to ${out} as plume.\n` });
    expect(readFileSync(out, 'utf8')).toBe(
      'w(0,1,0,0)\nw(1,2,0,0)\nr(1,2,0,1)\nw(0,3,0,1)\nr(0,1,1,2)\nw(1,4,1,2)\nw(1,5,0,-1)\n',
    );
    const { stdout } = await runCairn(['check', out, '--to', 'edn']);
    expect(await runCairn(['check', '-', '--format', 'edn', '--level', 'ccv'], stdout)).toMatchObject({ status: 0 });
  });

  it('check refuses what it cannot read, with the line and exit status 2', async () => {
    const bad = file('w(1,1,1,1)\nw(1,x,1,1)\n');
    const said = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await runCairn(['check', ...args]);
      expect([status, stdout]).toEqual([2, '']);
      return stderr;
    };
    expect(await said(bad)).toContain(
      `${bad}: line 2: Cannot read "w(1,x,1,1)": give w(key,value,session,transaction)`,
    );
    expect(await said(join(bad, 'none'))).toContain('Cannot read it: ENOTDIR');
    expect(await said(file('w(1,1,1,1)\nw(1,1,2,2)'))).toContain('w(1,1) is in session 1 #0 and in session 2 #0');
    expect(await said(golden('dbcop.json'), '--level', 'cm')).toContain('transaction #0 of session 0 has 2 operations');
    expect(await said(golden('plume.txt'), '--level', 'siblings')).toContain('its reads return single values');
    expect(await said(golden('siblings.jsonl'), '--level', 'cc')).toContain('its reads show siblings');
    expect(await said(golden('siblings.jsonl'), '--to', 'edn')).toContain('Cannot write siblings as edn');
    expect(await said(golden('plume.txt'), '--level', 'si')).toContain(
      '--level is "si", give one of cc, cm, ccv, siblings',
    );
    expect(await said(golden('plume.txt'), '--out', 'x')).toContain('--out goes with --to');
    expect(await said(golden('plume.txt'), '--to', 'edn', '--level', 'cc')).toContain('give --to or --level');
  });
});
