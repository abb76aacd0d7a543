import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cairn, cairnJson, Directories, damage, inStore, MADE } from './directories.ts';
import { runCairn } from './drive-process.ts';

const directories = new Directories('care');

describe('exchange', () => {
  it('exchange makes a replica that knows what the other does, then carries both ways or one', async () => {
    const [a, b] = [directories.next('a'), directories.next('b')];
    await cairn(['put', a, 'k', '1'], MADE);
    expect(await cairnJson(['exchange', a, b], MADE)).toMatchObject({ mode: 'difference', records: 1 });
    expect(await cairn(['get', b, 'k'])).toBe('1\n');
    await cairn(['put', a, 'k', '2']);
    await cairn(['put', b, 'l', '3']);
    expect(await cairnJson(['exchange', a, b, '--one-way'])).toMatchObject({ records: 1 });
    expect((await runCairn(['get', a, 'l'])).stderr).toBe('"l" is absent.\n');
    expect(await cairn(['exchange', a, b])).toMatch(/^By difference: 1 records, [\d,]+ bytes, \d round trips\.\n$/);
    expect(await cairn(['get', a, 'l'])).toBe('3\n');
    expect(await cairn(['exchange', a, b])).toMatch(/^Equal already: /);
  });

  it('exchange refuses to make two replicas of one name, unless it is given another', async () => {
    const [a, other] = [directories.next('same'), directories.next('same')];
    await cairn(['put', a, 'k', '1'], MADE);
    const refused = await runCairn(['exchange', other, a]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('is called "same" too, give --name')]);
    expect(existsSync(other)).toBe(false);
    await cairn(['exchange', other, a, '--name', 'lima'], MADE);
    expect(await cairnJson(['inspect', other])).toMatchObject({ name: 'lima', peers: [{ lacks: 0 }] });
  });

  it('exchange takes the name of the store it made when it is said again, and no other', async () => {
    const [copy, a] = [directories.next('copy'), directories.next('a')];
    await cairn(['put', a, 'k', '1'], MADE);
    await cairn(['exchange', copy, a, '--name', 'backup'], MADE);
    expect(await cairn(['exchange', copy, a, '--name', 'backup'])).toMatch(/^Equal already: /);
    expect(await cairn(['exchange', a, copy, '--name', 'backup'])).toMatch(/^Equal already: /);
    const other = await runCairn(['exchange', copy, a, '--name', 'lima']);
    expect([other.status, other.stderr]).toEqual([
      1,
      expect.stringMatching(/^Cannot open .* as "lima": it is the store/),
    ]);
  });
});

describe('inspect', () => {
  it('inspect shows identity, clocks, peers and counts, and of a key its versions and bytes', async () => {
    const [a, b] = [directories.next('a'), directories.next('b')];
    await cairn(['put', a, 'k', '"v"'], MADE);
    await cairn(['exchange', a, b], MADE);
    await cairn(['delete', a, 'k']);
    const text = await cairn(['inspect', a]);
    expect(text).toMatch(/^replica {5}a~\w{8}\nmembers {5}a\nseen {8}2 writes and deletes\n {2}a~\w+ 1 to 2\n/);
    expect(text).toMatch(/peers\n {2}b~\w+ is not known to have seen 1 of them\n/);
    expect(text).toContain('keys        1: 0 live, 0 in conflict, 1 deleted\n');
    expect(text).toContain('damaged     none known');
    expect(await cairnJson(['inspect', a])).toMatchObject({
      ...{ name: 'a', members: ['a'], damaged: [], stats: { keys: 1, tombstones: 1 }, bytes: expect.any(Number) },
      seen: { vector: { [await inStore(a, async ({ id }) => id)]: 2 }, ranges: {} },
    });
    const key = (await cairnJson(['inspect', b, 'k'])) as { storedBytes: number };
    expect(key).toMatchObject({ status: 'live', siblings: [{ value: 'v' }], residual: [] });
    expect(key.storedBytes).toBeGreaterThan(10);
    expect(key.storedBytes).toBeLessThan(30);
    expect(await cairn(['inspect', b, 'nothing'])).toContain('stored    0 bytes');
  });
});

describe('verify', () => {
  it('verify finds a sound store sound', async () => {
    const directory = directories.next('sound');
    await cairn(['put', directory, 'k', '1'], MADE);
    expect(await cairn(['verify', directory])).toBe('Sound: 1 records, 1 versions.\n');
    expect(await cairnJson(['verify', directory])).toEqual({ isSound: true, records: 1, dots: 1, faults: [] });
  });

  it('verify names a damaged key, which is not taken for absent, and repairs it from another store', async () => {
    const [a, b] = [directories.next('a'), directories.next('b')];
    await cairn(['put', a, 'precious', '"v"'], MADE);
    await cairn(['put', a, 'other', '1']);
    await cairn(['exchange', a, b], MADE);
    await damage(a, 'precious');
    const found = await runCairn(['verify', a]);
    expect(found.status).toBe(1);
    expect(found.stdout).toMatch(/^record-corrupt "precious" \(a~\w+:1\): its bytes are not what was written\n/);
    expect(found.stdout).toContain('Not sound: 1 faults in ');
    const read = await runCairn(['get', a, 'precious']);
    expect([read.status, read.stdout, read.stderr]).toEqual([1, '', expect.stringContaining('[RECORD_CORRUPT]')]);
    expect(await cairn(['why', a, 'precious'])).toMatch(/^"precious" is damaged: .*\n {2}lost: a~\w+:1\n/);
    expect(await cairn(['get', a, 'other'])).toBe('1\n');
    expect(await cairnJson(['inspect', a])).toMatchObject({ damaged: ['precious'] });
    const exported = await runCairn(['export', a]);
    expect([exported.status, exported.stdout]).toEqual([1, '']);
    expect(exported.stderr).toMatch(/^Cannot export: 1 keys are damaged \("precious"\)/);
    const again = await runCairn(['verify', a]);
    expect([again.status, again.stdout]).toEqual([1, expect.stringContaining('still-damaged "precious"')]);
    const repaired = await runCairn(['verify', a, '--repair', '--from', b]);
    expect(repaired.stdout).toMatch(/still-damaged "precious".*\n.*\nSound: 2 records, 2 versions\.\n$/);
    expect(repaired.stderr).toMatch(/Exchanged \d+ records with /);
    expect(repaired.status).toBe(0);
    expect(await cairn(['get', a, 'precious'])).toBe('"v"\n');
    expect(await cairn(['verify', a])).toContain('Sound');
  });

  it('verify gives up what nobody has, when it is told to, and the store goes on', async () => {
    const a = directories.next('given-up');
    await cairn(['put', a, 'gone', '"v"'], MADE);
    await damage(a, 'gone');
    expect((await runCairn(['put', a, 'gone', '1'])).stderr).toContain('[RECORD_CORRUPT]');
    const given = await runCairn(['verify', a, '--accept-loss']);
    expect(given.stderr).toContain('Given up: "gone".');
    expect([given.status, given.stdout]).toEqual([0, expect.stringContaining('Sound: 0 records')]);
    await cairn(['put', a, 'gone', '1']);
    expect(await cairn(['get', a, 'gone'])).toBe('1\n');
  });
});

describe('backup and restore', () => {
  it('backup saves all of a store and restore makes it anew, as a new incarnation', async () => {
    const directory = directories.next('a');
    await cairn(['put', directory, 'k', '1'], MADE);
    await cairn(['put', directory, 'k', '2', '--context', 'none']);
    const file = join(directories.root, 'saved');
    writeFileSync(file, 'an older one');
    const { bytes } = (await cairnJson(['backup', directory, file])) as { bytes: number };
    expect(bytes).toBe(readFileSync(file).length);
    expect(readdirSync(directories.root).filter((name) => name.includes('partial'))).toEqual([]);
    const place = directories.next('r');
    mkdirSync(place, { recursive: true });
    expect(await cairn(['restore', file, place])).toMatch(/: \d+ entries\. It goes on as a new incarnation/);
    const { stdout, stderr } = await runCairn(['put', place, 'other', '3']);
    expect(stderr).toMatch(/^The replica goes on as a~\w+: it was restored from a backup\.\n$/);
    const [before, after] = [await inStore(directory, async ({ id }) => id), /a~\w+/.exec(stdout)![0]];
    expect(after).not.toBe(before);
    expect(await cairn(['get', place, 'k'])).toContain('CONFLICT: 2 siblings');
    const twice = await runCairn(['restore', file, place]);
    expect([twice.status, twice.stderr]).toEqual([1, expect.stringContaining('there is something already')]);
  });

  it('restore and exchange take no address for the name of a directory', async () => {
    const a = directories.next('a');
    await cairn(['put', a, 'k', '1'], MADE);
    for (const url of ['http://127.0.0.1:1', 'redis://u:secret@h']) {
      const { status, stderr } = await runCairn(['restore', 'LICENSE', url]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^Cannot (restore at|use) an address/)]);
      expect(stderr).not.toContain('secret');
    }
    const { status, stderr } = await runCairn(['exchange', a, 'bogus://x']);
    expect(stderr).toBe('Cannot use an address that begins with bogus://, give http://, https://, ws:// or wss://\n');
    expect([status, existsSync('bogus:')]).toEqual([2, false]);
  });

  it('restore of a damaged backup says so and leaves nothing', async () => {
    const directory = directories.next('a');
    await cairn(['put', directory, 'k', '1'], MADE);
    const file = join(directories.root, 'damaged');
    await cairn(['backup', directory, file]);
    const bytes = readFileSync(file);
    for (const changed of [
      bytes.subarray(0, -3),
      Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte))),
    ]) {
      writeFileSync(file, changed);
      const place = directories.next('r');
      const { status, stderr } = await runCairn(['restore', file, place]);
      expect([status, stderr]).toEqual([1, expect.stringContaining('[RECORD_CORRUPT]')]);
      expect(existsSync(place)).toBe(false);
      expect(existsSync(join(place, '..')) ? readdirSync(join(place, '..')) : []).toEqual([]);
    }
  });

  it('backup says STORAGE_LOCKED while somebody has the store open, and leaves the file as it was', async () => {
    const directory = directories.next('a');
    await cairn(['put', directory, 'k', '1'], MADE);
    const file = join(directories.root, 'locked');
    const { status, stderr } = await inStore(directory, () => runCairn(['backup', directory, file]));
    expect(stderr).toMatch(
      /^Cannot open level:\S+: another store has it open, close that one first\. \[STORAGE_LOCKED\]\n$/,
    );
    expect([status, existsSync(file)]).toEqual([1, false]);
  });
});

describe('compact and reap', () => {
  it('compact keeps what the store shows and says how much room it takes', async () => {
    const directory = directories.next('a');
    await cairn(['put', directory, 'k', '1'], MADE);
    expect(await cairnJson(['compact', directory])).toEqual({ before: expect.any(Number), after: expect.any(Number) });
    expect(await cairn(['get', directory, 'k'])).toBe('1\n');
  });

  it('reap waits for members and names them, unless it is forced', async () => {
    const directory = directories.next('a');
    await cairn(['put', directory, 'k', '1'], MADE);
    await cairn(['delete', directory, 'k']);
    await inStore(directory, (store) => store.join('lima'));
    expect(await cairn(['reap', directory])).toBe('0 deleted keys reaped, 1 stay.\n  1 wait for "lima"\n');
    expect(await cairn(['why', directory, 'k'])).toContain('It waits for "lima", which was never met.');
    expect(await cairnJson(['reap', directory, '--force'])).toMatchObject({ reaped: 1, waiting: 0, waitingFor: {} });
    expect((await runCairn(['get', directory, 'k'])).stderr).toBe('"k" is absent.\n');
  });
});
