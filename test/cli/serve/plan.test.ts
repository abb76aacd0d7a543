import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Plan, planOf } from '../../../src/cli/serve/plan.ts';
import { readSettings } from '../../../src/cli/serve/settings-sources.ts';
import { digestOf } from '../../../src/cli/serve/token-file.ts';
import { Directories } from '../directories.ts';

const { root } = new Directories('plan');

function file(name: string, text: string, mode = 0o600): string {
  const path = join(root, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const SECRET = 'a-secret-that-nobody-guesses';
const tokens = file('tokens', `app read,write ${SECRET} users/\nberlin read,peer sha256:${digestOf('x')}\n`);

/** The plan for these settings, and what is said beside. */
async function plan(config: object): Promise<{ readonly plan: Plan; readonly warnings: readonly string[] }> {
  const path = file('config.json', JSON.stringify({ engine: 'memory', ...config }));
  const { settings, sources } = await readSettings({ values: { config: path }, positionals: [] }, {});
  const warnings: string[] = [];
  return { plan: await planOf(settings, sources, (sentence) => warnings.push(sentence)), warnings };
}

describe('planOf', () => {
  it.each([
    [{ engine: 'level' }, 'no directory is given, say --data DIR'],
    [{ listen: '0.0.0.0:0' }, 'other machines could read and write everything'],
    [{ listen: '[::]:0' }, 'other machines could read and write everything'],
    [{ listen: 'example.org:0' }, 'other machines could read and write everything'],
    [{ listen: '127.0.0.1.example.org:0' }, 'other machines could read and write everything'],
    [{ listen: '127.0.0.1:70000' }, 'ports end at 65535'],
    [{ name: 'a', members: ['b', 'c'] }, 'it is not among the members b, c'],
    [{ name: 'a', members: ['a', 'b'], w: 3 }, /^Cannot use "w" in .*: it is 3, give at most 2, the members are a, b$/],
    [{ r: 2 }, /^Cannot use "r" in .*: it is 2, give at most 1, the members are replica$/],
    [
      { name: 'a', members: ['a', 'b'], n: 3 },
      /^Cannot use "n" in .*: it is 3, give 2, the number of the members a, b$/,
    ],
    [{ data: 'c', members: ['a', 'b'] }, 'Cannot serve as "c": it is not among the members a, b'],
    [{ tlsCert: 'cert.pem' }, '--tls-cert and --tls-key go together'],
    [{ peerCa: 'ca.pem' }, '--peer-ca needs --tls-cert and --tls-key'],
    [{ tlsCert: 'none.pem', tlsKey: 'none.pem' }, 'Cannot read the certificate'],
    [{ tokenFile: 'none' }, 'Cannot read the token file'],
    [{ peerTokenFile: tokens }, 'give a file with one secret on a line of its own'],
  ])('planOf refuses %j', async (config, why) => {
    await expect(plan(config)).rejects.toThrow(why);
  });

  it('planOf leaves to the store that is there how many members it knows, but not an R beyond N', async () => {
    const data = join(root, 'there');
    mkdirSync(data);
    writeFileSync(join(data, 'CURRENT'), '');
    const there = { engine: 'level', data, members: ['a', 'b'] };
    expect((await plan({ ...there, r: 3, n: 3, w: 3 })).plan.settings).toMatchObject({ r: 3, n: 3, w: 3 });
    await expect(plan({ ...there, r: 3, n: 2 })).rejects.toThrow(
      /^Cannot use "r" in .*: it is 3, .*"n" in .* says so$/,
    );
  });

  it('planOf takes addresses that others reach with tokens, and says that they are not encrypted', async () => {
    const { plan: made, warnings } = await plan({ listen: '0.0.0.0:4040', tokenFile: tokens });
    expect(made.place).toEqual({ host: '0.0.0.0', port: 4040 });
    expect(warnings).toEqual([expect.stringContaining('can be read on the way, tokens too')]);
    const insecure = await plan({ listen: '[::]:4040', insecure: true });
    expect(insecure.warnings[0]).toContain('Everybody who reaches [::]:4040 may read and write everything');
    expect((await plan({ listen: '[::1]:4040' })).warnings).toEqual([]);
  });

  it('planOf says when others can read or change a file of secrets', async () => {
    const open = file('open', `${SECRET}\n`, 0o640);
    expect((await plan({ peerTokenFile: open })).warnings).toEqual([expect.stringContaining('can be read by others')]);
    const changeable = file('changeable', `${SECRET}\n`, 0o620);
    const { plan: made, warnings } = await plan({ peerTokenFile: changeable });
    expect(warnings).toEqual([expect.stringContaining('can be changed by others')]);
    expect(made.peerToken).toBe(SECRET);
  });

  it('planOf gives HTTP its tokens, and one that nobody has where a file names only replicas', async () => {
    const { plan: made } = await plan({ tokenFile: tokens });
    expect(made.httpTokens).toEqual([
      { name: 'app', scopes: ['read', 'write'], sha256: digestOf(SECRET), prefix: 'users/' },
      { name: 'berlin', scopes: ['read'], sha256: digestOf('x') },
    ]);
    const peersOnly = file('peers', `oslo peer ${SECRET}\n`);
    expect((await plan({ tokenFile: peersOnly })).plan.httpTokens).toEqual([
      { name: 'nobody', scopes: [], sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect((await plan({})).plan.httpTokens).toBeUndefined();
  });

  it('planOf names peers, and the path where replicas link', async () => {
    const { plan: made } = await plan({ peer: ['ws://a:1', 'oslo=wss://b:2/', 'wss://c/cairn/v1/replicate'] });
    expect(made.peers).toEqual([
      { address: 'ws://a:1/v1/replicate' },
      { name: 'oslo', address: 'wss://b:2/v1/replicate' },
      { address: 'wss://c/cairn/v1/replicate' },
    ]);
  });
});
