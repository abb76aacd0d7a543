import { afterAll, describe, expect, it } from 'vitest';
import { Directories } from './directories.ts';
import { DriveProcess, runCairn } from './drive-process.ts';

const drive = new DriveProcess();
const ok = (fields: object = {}) => ({ ok: true, ...fields });
const refused = (code: string, message = '') => ({ ok: false, code, message: expect.stringContaining(message) });

/** Opens replicas under names of their own. */
let opened = 0;
async function openReplicas(count: number, fields: object = {}): Promise<string[]> {
  const names: string[] = [];
  while (names.length < count) {
    const name = `n${(opened += 1)}`;
    expect(await drive.ask('open', { replica: name, incarnation: '1', ...fields })).toEqual(
      ok({ replica: `${name}~1` }),
    );
    names.push(name);
  }
  return names;
}

afterAll(async () => {
  expect(await drive.end()).toBe(0);
});

describe('drive', () => {
  it('drive opens, writes, reads and deletes', async () => {
    const [a] = await openReplicas(1);
    expect(await drive.ask('get', { replica: a, key: 'k' })).toEqual(
      ok({ status: 'absent', siblings: [], context: expect.any(String) }),
    );
    expect(await drive.ask('put', { replica: a, key: 'k', value: { n: [1, null] } })).toEqual(
      ok({ dot: [`${a}~1`, 1], context: expect.any(String) }),
    );
    expect(await drive.ask('get', { replica: `${a}~1`, key: 'k' })).toMatchObject(
      ok({ status: 'live', value: { n: [1, null] }, siblings: [{ dot: [`${a}~1`, 1], value: { n: [1, null] } }] }),
    );
    expect(await drive.ask('delete', { replica: a, key: 'k' })).toMatchObject(ok({ dot: [`${a}~1`, 2] }));
    expect(await drive.ask('get', { replica: a, key: 'k' })).toMatchObject(
      ok({ status: 'deleted', siblings: [{ dot: [`${a}~1`, 2], tombstone: true }] }),
    );
    expect(await drive.ask('stats', { replica: a })).toMatchObject(
      ok({ keys: 1, live: 0, conflicts: 0, tombstones: 1, siblings: 0, residuals: 0 }),
    );
    expect(await drive.ask('reap', { replica: a })).toEqual(ok({ reaped: 1 }));
    expect(await drive.ask('get', { replica: a, key: 'k' })).toMatchObject(ok({ status: 'absent' }));
  });

  it('drive shows a conflict, refuses to overwrite it blindly and resolves it with its context', async () => {
    const [a, b] = await openReplicas(2);
    await drive.ask('put', { replica: a, key: 'k', value: 1 });
    await drive.ask('put', { replica: b, key: 'k', value: 2 });
    expect(await drive.ask('exchange', { a, b })).toMatchObject(
      ok({ mode: 'difference', records: 2, bytes: expect.any(Number), roundTrips: expect.any(Number) }),
    );
    const conflict = await drive.ask('get', { replica: a, key: 'k' });
    const siblings = [
      { dot: [`${a}~1`, 1], value: 1 },
      { dot: [`${b}~1`, 1], value: 2 },
    ];
    expect(conflict).toMatchObject(ok({ status: 'conflict', siblings }));
    expect(conflict).not.toHaveProperty('value');
    expect(await drive.ask('put', { replica: a, key: 'k', value: 3 })).toEqual(refused('CONFLICT'));
    expect(await drive.ask('put', { replica: a, key: 'other', value: 3, context: conflict['context'] })).toEqual(
      refused('CONTEXT_INVALID'),
    );
    expect(await drive.ask('put', { replica: a, key: 'k', value: 3, context: conflict['context'] })).toMatchObject(
      ok(),
    );
    expect(await drive.ask('exchange', { a, b })).toMatchObject(ok({ mode: 'difference', records: 1 }));
    expect(await drive.ask('get', { replica: b, key: 'k' })).toMatchObject(ok({ status: 'live', value: 3 }));
    expect(await drive.ask('exchange', { a, b })).toMatchObject(ok({ mode: 'equal', records: 0 }));
  });

  it('drive overwrites a conflict where open allowed it, and keeps a blind write as a sibling', async () => {
    const [a] = await openReplicas(1, { onConflict: 'overwrite' });
    await drive.ask('put', { replica: a, key: 'k', value: 1 });
    await drive.ask('put', { replica: a, key: 'k', value: 2, context: 'none' });
    expect(await drive.ask('get', { replica: a, key: 'k' })).toMatchObject(ok({ status: 'conflict' }));
    expect(await drive.ask('put', { replica: a, key: 'k', value: 3, context: 'local' })).toMatchObject(ok());
    expect(await drive.ask('get', { replica: a, key: 'k' })).toMatchObject(ok({ status: 'live', value: 3 }));
  });

  it('drive exchanges one way: only b learns', async () => {
    const [a, b] = await openReplicas(2);
    await drive.ask('put', { replica: a, key: 'from-a', value: 1 });
    await drive.ask('put', { replica: b, key: 'from-b', value: 1 });
    expect(await drive.ask('exchange', { a, b, oneWay: true })).toMatchObject(ok({ records: 1 }));
    expect(await drive.ask('get', { replica: a, key: 'from-b' })).toMatchObject(ok({ status: 'absent' }));
    expect(await drive.ask('get', { replica: b, key: 'from-a' })).toMatchObject(ok({ status: 'live' }));
  });

  it('drive hands records from one replica to another, also for an absent key', async () => {
    const [a, b] = await openReplicas(2);
    await drive.ask('put', { replica: a, key: 'k', value: 'x' });
    const { record } = await drive.ask('record', { replica: a, key: 'k' });
    expect(record).toMatch(/^[\w-]+$/);
    expect(await drive.ask('receive', { replica: b, key: 'k', record })).toEqual(ok({ changed: true }));
    expect(await drive.ask('receive', { replica: b, key: 'k', record })).toEqual(ok({ changed: false }));
    expect(await drive.ask('stats', { replica: b })).toMatchObject({ live: 1, residuals: 0 });
    await drive.ask('delete', { replica: b, key: 'k' });
    await drive.ask('reap', { replica: b });
    const absent = await drive.ask('record', { replica: b, key: 'k' });
    expect(await drive.ask('receive', { replica: a, key: 'k', record: absent['record'] })).toEqual(
      ok({ changed: true }),
    );
    expect(await drive.ask('get', { replica: a, key: 'k' })).toMatchObject(ok({ status: 'absent' }));
    expect(await drive.ask('receive', { replica: a, key: 'other', record })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('receive', { replica: a, key: 'k', record: 'AAAA' })).toMatchObject({ ok: false });
    expect(await drive.ask('receive', { replica: a, key: 'k', record: '!' })).toEqual(refused('ENCODING_INVALID'));
  });

  it('drive waits with reaping for members, and joins and retires them', async () => {
    const [a] = await openReplicas(1, { members: ['x'] });
    await drive.ask('put', { replica: a, key: 'k', value: 1 });
    await drive.ask('delete', { replica: a, key: 'k' });
    expect(await drive.ask('reap', { replica: a })).toEqual(ok({ reaped: 0 }));
    expect(await drive.ask('join', { replica: a, member: 'y' })).toEqual(ok());
    expect(await drive.ask('retire', { replica: a, member: 'x' })).toEqual(ok());
    expect(await drive.ask('reap', { replica: a })).toEqual(ok({ reaped: 0 }));
    expect(await drive.ask('reap', { replica: a, force: true })).toEqual(ok({ reaped: 1 }));
  });

  it('drive compares clocks with any ids, and shows the clock of a replica', async () => {
    const line = (a: string, b: string) => `{"id":0,"op":"compare","a":${a},"b":${b}}`;
    expect(await drive.send(line('{"__proto__":1}', '{}'))).toEqual({ id: 0, ok: true, result: 'after' });
    expect(await drive.send(line('{"__proto__":1,"constructor":2}', '{"constructor":2,"__proto__":1}'))).toEqual({
      id: 0,
      ok: true,
      result: 'equal',
    });
    expect(await drive.send(line('{"toString":1}', '{"hasOwnProperty":1}'))).toEqual({
      id: 0,
      ok: true,
      result: 'concurrent',
    });
    expect(await drive.send(line('{"a":1}', '{"a":2,"b":0}'))).toEqual({ id: 0, ok: true, result: 'before' });
    expect(await drive.ask('compare', { a: { x: -1 }, b: {} })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('compare', { a: { x: 'y' }, b: {} })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('compare', { a: [1], b: {} })).toEqual(refused('BAD_REQUEST'));
    const [a, b] = await openReplicas(2);
    await drive.ask('put', { replica: a, key: 'k', value: 1 });
    await drive.ask('put', { replica: a, key: 'k2', value: 1 });
    const { record } = await drive.ask('record', { replica: a, key: 'k2' });
    await drive.ask('receive', { replica: b, key: 'k2', record });
    expect(await drive.ask('clock', { replica: a })).toEqual(ok({ seen: { [`${a}~1`]: 2 }, extra: {} }));
    expect(await drive.ask('clock', { replica: b })).toEqual(ok({ seen: {}, extra: { [`${a}~1`]: [[2, 2]] } }));
  });

  it('drive takes hostile names as names', async () => {
    expect(await drive.ask('open', { replica: '__proto__', incarnation: '1' })).toEqual(ok({ replica: '__proto__~1' }));
    expect(
      await drive.send('{"id":1,"op":"put","replica":"__proto__","key":"__proto__","value":{"__proto__":{"x":1}}}'),
    ).toMatchObject(ok());
    const answer = await drive.ask('get', { replica: '__proto__', key: '__proto__' });
    expect(JSON.stringify(answer['value'])).toBe('{"__proto__":{"x":1}}');
    expect(await drive.ask('get', { replica: 'constructor', key: 'k' })).toEqual(refused('UNKNOWN_REPLICA'));
    expect(await drive.ask('clock', { replica: '__proto__' })).toEqual(ok({ seen: { ['__proto__~1']: 1 }, extra: {} }));
  });

  it('drive answers whatever a line holds, and goes on', async () => {
    const [a] = await openReplicas(1);
    expect(await drive.send('{')).toEqual({ id: null, ...refused('BAD_JSON') });
    expect(await drive.send('')).toEqual({ id: null, ...refused('BAD_JSON') });
    expect(await drive.send(Buffer.from([0x22, 0xff, 0x22]))).toEqual({
      id: null,
      ...refused('BAD_JSON', 'not UTF-8'),
    });
    expect(await drive.send('7')).toEqual({ id: null, ...refused('BAD_REQUEST') });
    expect(await drive.send('null')).toEqual({ id: null, ...refused('BAD_REQUEST') });
    expect(await drive.send('{"id":{"deep":[1]},"op":"constructor"}')).toEqual({
      id: { deep: [1] },
      ...refused('UNKNOWN_OP'),
    });
    expect(await drive.send(`{"id":${'['.repeat(20_000)}${']'.repeat(20_000)},"op":"x"}`)).toMatchObject({ ok: false });
    expect(await drive.ask('__proto__')).toEqual(refused('UNKNOWN_OP', 'no such operation, see: cairn help drive'));
    expect(await drive.ask('get', { replica: 'nobody', key: 'k' })).toEqual(refused('UNKNOWN_REPLICA', '"nobody"'));
    expect(await drive.ask('get', { key: 'k' })).toEqual(refused('BAD_REQUEST', '"replica" is missing'));
    expect(await drive.ask('get', { replica: a, key: 7 })).toEqual(refused('BAD_REQUEST', '"key" is 7'));
    expect(await drive.ask('get', { replica: a, key: '' })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('put', { replica: a, key: 'k' })).toEqual(refused('BAD_REQUEST', '"value" is missing'));
    expect(await drive.send(`{"id":1,"op":"put","replica":"${a}","key":"k","value":"\\ud800"}`)).toEqual({
      id: 1,
      ...refused('BAD_REQUEST'),
    });
    expect(await drive.send(`{"id":1,"op":"put","replica":"${a}","key":"k","value":1e999}`)).toEqual({
      id: 1,
      ...refused('BAD_REQUEST'),
    });
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(await drive.send(`{"id":1,"op":"put","replica":"${a}","key":"k","value":${deep}}`)).toEqual({
      id: 1,
      ...refused('BAD_REQUEST'),
    });
    expect(await drive.ask('put', { replica: a, key: 'k', value: 1, context: 'junk' })).toEqual(
      refused('CONTEXT_INVALID'),
    );
    expect(await drive.ask('put', { replica: a, key: 'k', value: 1, context: 5 })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('exchange', { a, b: a })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('exchange', { a, b: 'nobody' })).toEqual(refused('UNKNOWN_REPLICA'));
    expect(await drive.ask('open', { replica: a })).toEqual(refused('BAD_REQUEST', 'open already'));
    expect(await drive.ask('open', { replica: 'd', dir: 5 })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('open', { replica: 'd', members: 'x' })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('open', { replica: 'd', onConflict: 'panic' })).toEqual(refused('BAD_REQUEST'));
    const wrong = [5, [5], [[['w', 'x']]], [[['w', 1, 1]]], [[['x', 'k', 1]]], [[['w', 'k', null]]], undefined];
    const twice = [[['w', 'k', 1]], [['w', 'k', 1]]];
    for (const sessions of [...wrong, twice])
      expect(await drive.ask('checkHistory', { sessions })).toEqual(refused('BAD_REQUEST'));
    expect(await drive.ask('get', { replica: a, key: 'k' })).toMatchObject(ok({ status: 'absent' }));
    expect(await drive.ask('stats', { replica: a })).toMatchObject(ok({ keys: 0, residuals: 0 }));
  });

  it('drive checks histories at every level, and names what it finds', async () => {
    const check = (...sessions: unknown[]): Promise<unknown> => drive.ask('checkHistory', { sessions });
    const answer = (cc: boolean, cm: boolean, ccv: boolean, ...patterns: string[]) => ok({ cc, cm, ccv, patterns });
    expect(await check()).toEqual(answer(true, true, true));
    expect(
      await check(
        [
          ['w', 'x', 1],
          ['w', 'x', '1'],
        ],
        [
          ['r', 'x', '1'],
          ['r', 'y', null],
        ],
      ),
    ).toEqual(answer(true, true, true));
    expect(
      await check([
        ['w', 'x', { a: [1] }],
        ['r', 'x', { a: [2] }],
      ]),
    ).toEqual(answer(false, false, false, 'ThinAirRead'));
    const [w1, w2, r1, r2] = [
      ['w', 'x', 1],
      ['w', 'x', 2],
      ['r', 'x', 1],
      ['r', 'x', 2],
    ];
    expect(await check([w1, r2], [w2, r1])).toEqual(answer(true, true, false, 'CyclicCF'));
    expect(await check([w1], [w2, r1, r2])).toEqual(answer(true, false, false, 'CyclicHB', 'CyclicCF'));
    expect(await check([w1, w2], [r2, r1])).toEqual(answer(false, false, false, 'WriteCORead'));
  });

  it('drive closes a replica, and opens its name anew under another incarnation', async () => {
    expect(await drive.ask('open', { replica: 'again' })).toEqual(ok({ replica: expect.stringMatching(/^again~./) }));
    expect(await drive.ask('close', { replica: 'again' })).toEqual(ok());
    expect(await drive.ask('get', { replica: 'again', key: 'k' })).toEqual(refused('UNKNOWN_REPLICA'));
    expect(await drive.ask('close', { replica: 'again' })).toEqual(refused('UNKNOWN_REPLICA'));
    expect(await drive.ask('open', { replica: 'again', incarnation: 'two' })).toEqual(ok({ replica: 'again~two' }));
  });

  it('drive answers every line of a large input in order, the last one without a newline too, and ends with status 0', async () => {
    const lines = ['{"id":"open","op":"open","replica":"a"}'];
    for (let at = 0; at < 3_000; at += 1)
      lines.push(JSON.stringify({ id: at, op: 'put', replica: 'a', key: `k${at % 50}`, value: 'v'.repeat(200) }));
    lines.push('{"id":"end","op":"stats","replica":"a"}');
    const { status, stdout, stderr } = await runCairn(['drive'], lines.join('\n'));
    const replies = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(replies.map(({ id }) => id)).toEqual(['open', ...Array.from({ length: 3_000 }, (_, at) => at), 'end']);
    expect(replies.at(-1)).toMatchObject({ ok: true, keys: 50 });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('drive with dir', () => {
  const directories = new Directories('drive');

  it('drive keeps a replica in its directory, with its identity, over a close and an end of the process', async () => {
    const dir = directories.next('durable');
    const open = { replica: 'durable', dir };
    expect(await drive.ask('open', { ...open, incarnation: '7' })).toEqual(ok({ replica: 'durable~7' }));
    await drive.ask('put', { replica: 'durable', key: 'k', value: [1] });
    await drive.ask('put', { replica: 'durable', key: 'gone', value: 2 });
    await drive.ask('delete', { replica: 'durable', key: 'gone' });
    expect(await drive.ask('open', { replica: 'other', dir })).toEqual(refused('STORAGE_LOCKED'));
    expect(await drive.ask('close', { replica: 'durable~7' })).toEqual(ok());

    const second = new DriveProcess();
    expect(await second.ask('open', open)).toEqual(ok({ replica: 'durable~7' }));
    expect(await second.ask('stats', { replica: 'durable' })).toMatchObject(ok({ keys: 2, live: 1, tombstones: 1 }));
    expect(await second.ask('get', { replica: 'durable', key: 'k' })).toMatchObject(ok({ status: 'live', value: [1] }));
    expect(await second.ask('clock', { replica: 'durable' })).toEqual(ok({ seen: { 'durable~7': 3 }, extra: {} }));
    expect(await second.ask('put', { replica: 'durable', key: 'k', value: 3 })).toMatchObject(
      ok({ dot: ['durable~7', 4] }),
    );
    expect(await second.end()).toBe(0);

    expect(await drive.ask('open', open)).toEqual(ok({ replica: 'durable~7' }));
    expect(await drive.ask('reap', { replica: 'durable' })).toEqual(ok({ reaped: 1 }));
    const [memory] = await openReplicas(1);
    expect(await drive.ask('exchange', { a: 'durable', b: memory })).toMatchObject(ok({ mode: expect.any(String) }));
    expect(await drive.ask('get', { replica: memory, key: 'k' })).toMatchObject(ok({ value: 3 }));
    expect(await drive.ask('open', { replica: 'wrong', dir: directories.next('x'), members: 'x' })).toEqual(
      refused('BAD_REQUEST'),
    );
    await drive.ask('close', { replica: 'durable' });
    expect(await drive.ask('open', { replica: 'wrong', dir })).toEqual(refused('BAD_REQUEST', 'it is the store of'));
  });
});
