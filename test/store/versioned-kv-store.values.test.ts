import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/codec/value.ts';
import { expectRefused, open, share } from './replicas.ts';

type Fields = { [field: string]: Value };

describe('put', () => {
  test('put stores a copy: the object of the caller is neither frozen nor aliased', async () => {
    const store = await open('a');
    const inner: Value[] = ['one'];
    const mine: Fields = { name: 'x', list: inner, nested: { deep: { n: 1 } } };
    await store.put('k', mine);
    await store.batch([{ put: 'batch', value: mine }]);
    expect([mine, inner, mine['nested']].map(Object.isFrozen)).toEqual([false, false, false]);
    mine['name'] = 'changed';
    inner.push('two');
    (mine['nested'] as { deep: { n: number } }).deep.n = 2; // made above
    for (const key of ['k', 'batch']) {
      expect((await store.get(key)) as unknown).toMatchObject({
        value: { name: 'x', list: ['one'], nested: { deep: { n: 1 } } },
      });
    }
  });

  test('put drops undefined fields and keeps every other field name, `__proto__` too', async () => {
    const store = await open('a');
    const hostile = JSON.parse('{"__proto__":{"evil":true},"constructor":1,"toString":2,"":3,"10":4,"9":5}') as Fields;
    await store.put('k', { ...hostile, gone: undefined } as unknown as Value);
    const answer = await store.get('k');
    const value = (answer.status === 'live' ? answer.value : null) as Fields;
    expect(Object.keys(value)).toEqual(['9', '10', '__proto__', 'constructor', 'toString', '']);
    expect(Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null).toBe(true);
    expect((value as { evil?: boolean }).evil).toBeUndefined();
  });

  const cyclic: Fields = {};
  cyclic['self'] = cyclic;
  const deep = Array.from({ length: 101 }).reduce<Value>((inner) => [inner], 1);
  test.each<[string, string, unknown]>([
    ['TypeError', 'undefined', undefined],
    ['TypeError', 'a function', () => 1],
    ['TypeError', 'a symbol', Symbol('s')],
    ['TypeError', 'NaN', Number.NaN],
    ['TypeError', 'infinity', { a: [Number.POSITIVE_INFINITY] }],
    ['TypeError', 'undefined in an array', [undefined]],
    ['TypeError', 'a hole', new Array(2)],
    ['TypeError', 'a cycle', cyclic],
    ['TypeError', 'a class instance', new (class Point {})()],
    ['TypeError', 'a Map', new Map()],
    ['TypeError', 'an invalid Date', new Date(Number.NaN)],
    ['TypeError', 'a lone surrogate', 'a\ud800'],
    ['TypeError', 'a lone surrogate in a name', { '\udc00': 1 }],
    ['TypeError', 'a Float64Array', new Float64Array(1)],
    ['RangeError', 'too deep a value', deep],
  ])('put refuses with %s %s, and so do batch, update and resolve (L21)', async (kind, _, value) => {
    const store = await open('a');
    await store.put('k', 'x');
    const bad = value as Value;
    await expectRefused(store, kind, () => store.put('k', bad));
    await expectRefused(store, kind, () => store.put('new', bad, { context: 'none' }));
    await expectRefused(store, kind, () =>
      store.batch([
        { put: 'ok', value: 1 },
        { put: 'k', value: bad },
      ]),
    );
    await expectRefused(store, kind, () => store.resolve('k', { kind: 'value', value: bad }));
    if (value !== undefined && value !== cyclic) await expectRefused(store, kind, () => store.update('k', () => bad));
  });

  test('put says where in the value the fault lies', async () => {
    const store = await open('a');
    const bad = { items: [1, { when: Number.NaN }] } as unknown as Value;
    await expect(store.put('k', bad)).rejects.toThrow('value.items[1].when');
  });
});

describe('get', () => {
  test('get hands out deeply frozen values', async () => {
    const store = await open('a');
    await store.put('k', { list: [{ n: 1 }], nested: { deep: {} } });
    const answer = await store.get('k');
    const value = (answer.status === 'live' ? answer.value : null) as {
      list: { n: number }[];
      nested: { deep: object };
    };
    expect([value, value.list, value.list[0], value.nested, value.nested.deep].every(Object.isFrozen)).toBe(true);
    expect(() => value.list.push({ n: 2 })).toThrow(TypeError);
    expect(Object.isFrozen(answer.siblings)).toBe(true);
  });

  test('get, siblings, scans and records hand out dates and bytes nobody can change the store through', async () => {
    const [store, peer] = [await open('a'), await open('b')];
    const when = new Date(0);
    const bytes = Uint8Array.of(1, 2, 3);
    await store.put('k', { when, list: [bytes] });
    when.setTime(5);
    bytes[0] = 9;
    const expected = { when: new Date(0), list: [Uint8Array.of(1, 2, 3)] };
    type Held = { readonly when: Date; readonly list: readonly [Uint8Array] };
    const spoil = (value: Value): void => {
      const held = value as unknown as Held; // put above
      expect(held).toEqual(expected);
      held.when.setTime(7);
      held.list[0].fill(7);
    };
    const read = async (): Promise<Value[]> => {
      const answer = await store.get('k');
      const [sibling] = answer.siblings;
      const scanned = [...store.entries()].map(([, found]) => (found.status === 'live' ? found.value : null));
      const own = answer.status === 'live' ? answer.value : null;
      return [own, sibling === undefined || sibling.tombstone ? null : sibling.value, ...scanned];
    };
    for (const value of [...(await read()), ...(await read())]) spoil(value);
    await share(store, peer, 'k');
    const [version] = (await peer.record('k')).versions;
    expect(version?.value).toEqual(expected);
  });

  test('get in conflict hands out copies of dates too', async () => {
    const store = await open('a');
    await store.put('k', new Date(1));
    await store.put('k', new Date(2), { context: 'none' });
    for (let round = 0; round < 2; round += 1) {
      const times = (await store.get('k')).siblings.map((sibling) => {
        const date = (sibling.tombstone ? null : sibling.value) as Date;
        const time = date.getTime();
        date.setTime(99);
        return time;
      });
      expect(times).toEqual([1, 2]);
    }
  });

  test.each<[string, Value]>([
    ['null', null],
    ['false', false],
    ['the empty text', ''],
    ['zero', 0],
    ['minus zero', -0],
    ['the smallest number', 5e-324],
    ['a large integer', 2 ** 53],
    ['a bigint', -(2n ** 80n)],
    ['the empty array', []],
    ['the empty object', {}],
    ['no bytes', new Uint8Array(0)],
    ['an emoji', '\u{1f5ff}\u0000e\u0301'],
  ])('get gives back %s as it was put, here and at a peer', async (_, value) => {
    const [store, peer] = [await open('a'), await open('b')];
    await store.put('k', value);
    await share(store, peer, 'k');
    for (const replica of [store, peer]) {
      const answer = await replica.get('k');
      expect(answer.status === 'live' ? answer.value : 'nothing').toStrictEqual(value);
    }
  });
});
