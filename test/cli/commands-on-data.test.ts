import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cairn, cairnJson, Directories, inStore, MADE } from './directories.ts';
import { runCairn } from './drive-process.ts';

const directories = new Directories('data');
const TOKEN = /^[\w-]{10,}$/;

/** A store with a conflict at `k`, a value at `live`, a delete at `gone`. */
let shared = '';
beforeAll(async () => {
  shared = directories.next('shared');
  await cairn(['put', shared, 'k', '{"a":1}'], MADE);
  await inStore(shared, async (store) => {
    await store.put('k', new Uint8Array([1, 2]), { context: 'none' });
    await store.put('live', ['x', 12n]);
    await store.put('gone', 1);
    await store.delete('gone');
  });
});

describe('put and get', () => {
  it('put makes a store named as its directory, prints dot and context; get prints the value', async () => {
    const directory = directories.next('berlin');
    const lines = (await cairn(['put', directory, 'greeting', '{"n":[1,{"$bigint":"9"}]}'], MADE)).split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^dot {5}berlin~\w{8}:1$/),
      expect.stringMatching(/^context [\w-]{10,}$/),
      '',
    ]);
    expect(await cairn(['get', directory, 'greeting'])).toBe('{"n":[1,{"$bigint":"9"}]}\n');
    const { dot, context } = (await cairnJson(['put', directory, 'greeting', '--text', '1'])) as {
      dot: unknown;
      context: string;
    };
    expect(dot).toEqual([expect.stringMatching(/^berlin~/), 2]);
    expect(context).toMatch(TOKEN);
    expect(await cairn(['get', directory, 'greeting'])).toBe('"1"\n');
  });

  it('put takes bytes from a file, JSON from standard input, and a name for a new store', async () => {
    const directory = directories.next('x');
    expect(await cairn(['put', directory, 'k', '-', '--name', 'lima'], MADE, ' [null] ')).toContain('lima~');
    expect(await cairn(['get', directory, 'k'])).toBe('[null]\n');
    await cairn(['put', directory, 'file', '--file', 'LICENSE']);
    const { $bytes } = JSON.parse(await cairn(['get', directory, 'file'])) as { $bytes: string };
    expect(Buffer.from($bytes, 'base64url')).toEqual(readFileSync('LICENSE'));
    const other = await runCairn(['put', directory, 'k', '1', '--name', 'oslo']);
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('it is the store of "lima"')]);
  });

  it('get marks a conflict, shows its siblings, and its context settles it', async () => {
    const directory = directories.next('c');
    await cairn(['put', directory, 'k', '1'], MADE);
    await cairn(['put', directory, 'k', '2', '--context', 'none']);
    const shown = (await cairn(['get', directory, 'k'])).split('\n');
    expect(shown[0]).toBe('CONFLICT: 2 siblings, none knew of another');
    expect(shown[1]).toMatch(/^ {2}c~\w+:1 {2}\d{4}-\S+Z {2}1$/);
    expect(shown[2]).toMatch(/^ {2}c~\w+:2 {2}\d{4}-\S+Z {2}2$/);
    const blind = await runCairn(['put', directory, 'k', '3']);
    expect([blind.status, blind.stdout]).toEqual([1, '']);
    expect(blind.stderr).toMatch(/^Cannot write "k": it has 2 siblings, .* \[CONFLICT\]\n$/);
    const token = shown[3]!.trim().split(' ')[1]!;
    const elsewhere = await runCairn(['put', directory, 'other', '3', '--context', token]);
    expect([elsewhere.status, elsewhere.stderr]).toEqual([1, expect.stringContaining('[CONTEXT_INVALID]')]);
    await cairn(['put', directory, 'k', '3', '--context', token]);
    expect(await cairn(['get', directory, 'k'])).toBe('3\n');
  });

  it('get --json gives status, siblings and context', async () => {
    expect(await cairnJson(['get', shared, 'k'])).toEqual({
      key: 'k',
      status: 'conflict',
      siblings: [
        { dot: [expect.any(String), 1], time: expect.any(Number), value: { a: 1 } },
        { dot: [expect.any(String), 2], time: expect.any(Number), value: { $bytes: 'AQI' } },
      ],
      context: expect.stringMatching(TOKEN),
    });
    expect(await cairnJson(['get', shared, 'live'])).toMatchObject({ status: 'live', value: ['x', { $bigint: '12' }] });
  });

  it('get says that a key is absent or deleted, with status 1', async () => {
    expect(await runCairn(['get', shared, 'nothing'])).toEqual({
      status: 1,
      stdout: '',
      stderr: '"nothing" is absent.\n',
    });
    expect(await runCairn(['get', shared, 'gone'])).toEqual({ status: 1, stdout: '', stderr: '"gone" is deleted.\n' });
  });
});

describe('delete and update', () => {
  it('delete deletes, update merges a patch, and a conflict is refused', async () => {
    const directory = directories.next('d');
    await cairn(['put', directory, 'k', '{"a":1,"b":{"c":2,"d":3}}'], MADE);
    await cairn(['update', directory, 'k', '{"a":null,"b":{"c":{"$bigint":"7"}},"e":[1]}']);
    expect(await cairn(['get', directory, 'k'])).toBe('{"b":{"c":{"$bigint":"7"},"d":3},"e":[1]}\n');
    await cairn(['delete', directory, 'k']);
    expect((await runCairn(['get', directory, 'k'])).stderr).toBe('"k" is deleted.\n');
    await cairn(['update', directory, 'k', '{"new":true}']);
    expect(await cairn(['get', directory, 'k'])).toBe('{"new":true}\n');
    const refused = await runCairn(['update', shared, 'k', '{}']);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('[CONFLICT]')]);
  });
});

describe('conflicts and why', () => {
  it('conflicts lists each key in conflict, as lines of JSON too', async () => {
    expect(await cairn(['conflicts', shared])).toMatch(
      /^"k"\n {2}\S+:1 .*\{"a":1\}\n {2}\S+:2 .*\{"\$bytes":"AQI"\}\n$/,
    );
    expect(await cairnJson(['conflicts', shared])).toMatchObject({ key: 'k', siblings: [{ value: { a: 1 } }, {}] });
    expect(await cairn(['conflicts', shared, '--prefix', 'l'])).toBe('');
  });

  it('why explains a key to people and as data', async () => {
    const text = await cairn(['why', shared, 'gone']);
    expect(text).toMatch(/^"gone" is deleted: it holds a tombstone\.\n {2}shared~\w+:5 {2}\S+Z {2}deleted\n/);
    expect(text).toMatch(/Superseded\n.*by it or before:\n {4}shared~\w+ 1 to 4\n/);
    expect(text).toContain('Every member has seen the delete: the next reaping removes it.');
    expect(await cairnJson(['why', shared, 'gone'])).toMatchObject({
      status: 'deleted',
      versions: [{ tombstone: true, supersedes: 'all' }],
      reaping: { canBeReaped: true },
    });
  });
});

describe('export and import', () => {
  const EXPORTED = [
    '{"key":"gone","deleted":true}',
    '{"key":"k","siblings":[{"value":{"a":1}},{"value":{"$bytes":"AQI"}}]}',
    '{"key":"live","value":["x",{"$bigint":"12"}]}',
    '',
  ].join('\n');

  it('export prints what is shown, in order, and an import of it shows the same, also over something else', async () => {
    expect(await cairn(['export', shared])).toBe(EXPORTED);
    expect(await cairn(['export', shared, '--prefix', 'l'])).toBe(EXPORTED.split('\n')[2] + '\n');
    const directory = directories.next('copy');
    expect(await cairn(['import', directory], MADE, EXPORTED)).toBe('3 keys.\n');
    expect(await cairn(['export', directory])).toBe(EXPORTED);
    await inStore(directory, async (store) => {
      await store.put('gone', 'back');
      await store.put('live', 'another', { context: 'none' });
    });
    const file = join(directories.root, 'export.jsonl');
    writeFileSync(file, EXPORTED);
    expect(await cairnJson(['import', directory, file])).toEqual({ keys: 3 });
    expect(await cairn(['export', directory])).toBe(EXPORTED);
  });

  it('import takes more keys than one commit holds, and a key twice', async () => {
    const directory = directories.next('many');
    const lines = Array.from({ length: 1_200 }, (_, at) => `{"key":"k${String(at).padStart(4, '0')}","value":${at}}\n`);
    const again = '{"key":"k0000","value":"again"}\n';
    expect(await cairn(['import', directory], MADE, lines.join('') + again)).toBe('1,201 keys.\n');
    expect(await cairn(['export', directory])).toBe([again, ...lines.slice(1)].join(''));
  });

  it.each([
    ['no', 'stdin:1: it is not JSON'],
    ['{"value":1}', 'stdin:1: it has no "key"'],
    ['{"key":"k"}', 'stdin:1: give one of "value" and "deleted":true'],
    ['{"key":"k","value":1,"deleted":true}', 'stdin:1: give one of "value" and "deleted":true'],
    ['{"key":"k","siblings":[]}', 'stdin:1: its "siblings" are no list of values and deletes'],
    ['{"key":"k","value":{"$date":"tomorrow"}}', 'stdin:1: {"$date":"tomorrow"} says no value'],
  ])('import refuses %s before it makes a store', async (line, message) => {
    const directory = directories.next('none');
    const { status, stdout, stderr } = await runCairn(['import', directory], line);
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining(message)]);
    expect(existsSync(directory)).toBe(false);
  });

  it('import names the lines among which the store refuses one', async () => {
    const { status, stderr } = await runCairn(
      ['import', directories.next('e')],
      '{"key":"a","value":1}\n{"key":"","value":2}',
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining('(in stdin:1 to stdin:2)')]);
  });
});

describe('commands on stores', () => {
  it('every command that only reads says that there is no store, and makes nothing', async () => {
    const directory = directories.next('nowhere');
    const file = join(directories.root, 'file');
    const asked = [
      'get',
      'delete',
      'update',
      'inspect',
      'conflicts',
      'why',
      'verify',
      'backup',
      'export',
      'compact',
      'reap',
    ];
    const more = new Map(
      Object.entries({ get: ['k'], delete: ['k'], why: ['k'], update: ['k', '{}'], backup: [file] }),
    );
    const said = `Cannot open ${directory}: there is no store, make one with: cairn put ${directory} KEY JSON\n`;
    const ends = await Promise.all(asked.map((name) => runCairn([name, directory, ...(more.get(name) ?? [])])));
    expect(ends).toEqual(asked.map(() => ({ status: 1, stdout: '', stderr: said })));
    expect([existsSync(directory), existsSync(file)]).toEqual([false, false]);
  });

  it('no command says to make a store where something else is, or where a store has lost a file', async () => {
    const [foreign, lost] = [directories.next('foreign'), directories.next('lost')];
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, '000007.log'), 'mine');
    await cairn(['put', lost, 'k', '1'], MADE);
    rmSync(join(lost, 'CURRENT'));
    const files = readdirSync(lost);
    for (const args of [['get', 'k'], ['verify'], ['put', 'k', '2']]) {
      const [name = '', ...rest] = args;
      const beside = await runCairn([name, foreign, ...rest]);
      expect([beside.status, beside.stderr]).toEqual([
        1,
        expect.stringContaining('something already, and it is no store'),
      ]);
      const gone = await runCairn([name, lost, ...rest]);
      expect([gone.status, gone.stderr]).toEqual([
        1,
        expect.stringContaining('CURRENT is gone, restore it or a backup'),
      ]);
      expect(`${beside.stderr}${gone.stderr}`).not.toContain('make one with');
    }
    expect([readdirSync(foreign), readdirSync(lost)]).toEqual([['000007.log'], files]);
  });

  it.each([
    [['put', 'x'], 2, 'Cannot put: give DIR|URL KEY'],
    [['put', 'x', 'k'], 2, 'give one of JSON, --text TEXT and --file FILE'],
    [['put', 'x', 'k', '1', '--text', 'a'], 2, 'give one of JSON, --text TEXT and --file FILE'],
    [['put', 'x', 'k', 'hello'], 1, 'Cannot read the value: it is not JSON'],
    [['put', 'x', 'k', '--file', 'no-such-file'], 1, 'no-such-file'],
    [['get', 'x'], 2, 'Cannot get: give DIR|URL KEY. See: cairn help get'],
    [['verify', 'x', '--repair'], 2, '--repair and --from go together'],
    [['exchange', 'x', './x'], 2, 'give two directories'],
    [['exchange', 'x', 'y'], 1, 'there is no store in x or y'],
    [['restore', 'no-such-file', 'x'], 1, 'no-such-file'],
  ])('%j ends with status %i and one line that says why', async (args, wanted, message) => {
    const { status, stdout, stderr } = await runCairn(args);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([status, stdout, existsSync('x')]).toEqual([wanted, '', false]);
  });

  it('a command that fails before anything is written leaves no store, and what was there stays', async () => {
    const lines = join(directories.root, 'bad.jsonl');
    writeFileSync(lines, '{"key":"a","value":1}\n{"key":"b"}\n');
    const asked = [
      ['put', 'k', '1', '--context', 'garbage'],
      ['put', '', '1'],
      ['import', lines],
    ];
    for (const [name = '', ...rest] of asked) {
      const [fresh, empty] = [directories.next('fresh'), directories.next('empty')];
      mkdirSync(empty, { recursive: true });
      writeFileSync(join(empty, '.keep'), '');
      for (const place of [join(fresh, 'a', 'b'), empty]) {
        const { status, stderr } = await runCairn([name, place, ...rest]);
        expect([status, stderr]).toEqual([1, expect.stringMatching(/^Cannot .*\n$/)]);
      }
      expect([existsSync(fresh), readdirSync(empty)]).toEqual([false, ['.keep']]);
    }
  });

  it('a command that fails when something is written keeps the store it made, and says so', async () => {
    const lines = join(directories.root, 'late.jsonl');
    const good = Array.from({ length: 600 }, (_, at) => `{"key":"k${at}","value":1}\n`);
    writeFileSync(lines, `${good.join('')}{"key":"b"}\n`);
    const directory = directories.next('kept');
    const { status, stderr } = await runCairn(['import', directory, lines]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('Made a store in ')]);
    expect(await cairn(['get', directory, 'k0'])).toBe('1\n');
  });

  it('a key that the store refuses is said in one line', async () => {
    const { status, stderr } = await runCairn(['put', shared, '', '1']);
    expect([status, stderr]).toEqual([1, 'Cannot use "" as a key: it is empty\n']);
  });
});
