import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { checkKey, faultOfKey, INTERNAL_PREFIX, isInternalKey } from '../../src/store/key.ts';
import { HOSTILE_TEXTS } from '../../src/testkit/index.ts';
import { expectRefused, open, refusalOf, shown } from './replicas.ts';

const LEGAL: readonly string[] = [
  ...HOSTILE_TEXTS,
  'k'.repeat(1_024),
  '\u00e9'.repeat(512),
  '\ufb01'.repeat(341),
  '\u{1f5ff}'.repeat(256),
  '\u0000cairn',
  '\u0000Cairn/x',
  'cairn/x',
];
const ILLEGAL: readonly (readonly [kind: string, key: unknown])[] = [
  ['RangeError', ''],
  ['RangeError', 'k'.repeat(1_025)],
  ['RangeError', `${'\u00e9'.repeat(512)}x`],
  ['RangeError', '\u{1f5ff}'.repeat(257)],
  ['RangeError', INTERNAL_PREFIX],
  ['RangeError', `${INTERNAL_PREFIX}member/b`],
  ['TypeError', '\ud800'],
  ['TypeError', 'a\udc00b'],
  ['TypeError', '\udc00\ud800'],
  ['TypeError', 7],
  ['TypeError', null],
  ['TypeError', undefined],
  ['TypeError', { toString: (): string => 'k' }],
  ['TypeError', Symbol('k')],
];

describe('checkKey', () => {
  test.each(LEGAL.map((key) => [key]))('checkKey takes %j', (key) => {
    expect(faultOfKey(key)).toBeUndefined();
    expect(() => checkKey(key)).not.toThrow();
  });

  test.each(ILLEGAL)('checkKey refuses with %s the key %o', async (kind, key) => {
    expect(await refusalOf(() => checkKey(key as string))).toBe(kind);
  });

  test('isInternalKey tells the store its own keys', () => {
    expect([INTERNAL_PREFIX, `${INTERNAL_PREFIX}x`, '\u0000', 'cairn/'].map(isInternalKey)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a store with hostile keys', () => {
  test('every legal key is a key of its own', async () => {
    const store = await open<string>('a');
    for (const [at, key] of LEGAL.entries()) {
      expect(shown(await store.get(key))).toBe('absent');
      await store.put(key, `v${at}`);
    }
    for (const [at, key] of LEGAL.entries()) expect(shown(store.peek(key))).toBe(`live v${at}`);
    expect(new Set(store.keys())).toEqual(new Set(LEGAL));
    const copy = await open<string>('b');
    for (const key of LEGAL) await copy.receiveReplica(key, await store.record(key));
    expect([...copy.keys()]).toEqual([...store.keys()]);
    for (const key of LEGAL) await store.delete(key);
    expect([...store.keys()]).toEqual([]);
    expect((await store.reap()).reaped).toBe(LEGAL.length);
    expect(store.stats().keys).toBe(0);
  });

  test.each(ILLEGAL)('every method refuses with %s the key %o and changes nothing (L21)', async (kind, illegal) => {
    const key = illegal as string;
    const isInternal = typeof illegal === 'string' && isInternalKey(illegal);
    const store = await open<string>('a');
    await store.put('k', 'x');
    const before = store.stats();
    const attempts: readonly (() => unknown)[] = [
      () => store.get(key),
      () => store.peek(key),
      () => store.getMany(['k', key]),
      () => store.put(key, 'y'),
      () => store.put(key, 'y', { context: 'none' }),
      () => store.delete(key),
      () => store.update(key, () => 'y'),
      () => store.resolve(key, { kind: 'delete' }),
      () => store.batch([{ put: 'k', value: 'y' }, { delete: key }]),
      () => store.record(key),
    ];
    for (const attempt of attempts) await expectRefused(store, kind, attempt);
    const record = { key, versions: [], context: DotSet.empty };
    if (!isInternal) await expectRefused(store, kind, () => store.receiveReplica(key, record));
    expect(store.stats()).toEqual(before);
  });
});
