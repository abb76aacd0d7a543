import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeToken, encodeToken, type TokenKind } from '../../src/store/context-token.ts';
import { dotSets, HOSTILE_TEXTS, keys } from '../../src/testkit/index.ts';
import { set } from '../clock/literals.ts';
import { expectRefused, open, recordOf, refusalOf, SEED } from './replicas.ts';

const parameters = { seed: SEED, numRuns: 80 };

describe('encodeToken', () => {
  test('encodeToken gives url-safe text that decodeToken reads for the same key alone', () => {
    fc.assert(
      fc.property(dotSets(), keys(), keys(), (dots, key, other) => {
        const token = encodeToken('context', key, dots);
        expect(token).toMatch(/^[\w-]+$/);
        expect(decodeToken('context', key, token).equals(dots)).toBe(true);
        if (other !== key) expect(() => decodeToken('context', other, token)).toThrow('another key');
      }),
      parameters,
    );
  });

  test('encodeToken binds to the exact key: composed and decomposed letters are two keys', () => {
    const token = encodeToken('context', '\u00e9', set('a1'));
    expect(() => decodeToken('context', 'e\u0301', token)).toThrow('another key');
    for (const key of HOSTILE_TEXTS)
      expect(decodeToken('context', key, encodeToken('context', key, set('a1'))).size).toBe(1);
  });
});

describe('decodeToken', () => {
  const token = encodeToken('context', 'k', set('a1-3 b7'));
  test.each<[string, unknown]>([
    ['nothing', ''],
    ['no token', 'hello'],
    ['a character that is not url-safe', `${token.slice(0, -1)}+`],
    ['padding', `${token}=`],
    ['a cut', token.slice(0, -2)],
    ['more after the end', `${token}AAAA`],
    ['a number', 7],
    ['null', null],
    ['a session token', encodeToken('session', '', set('a1'))],
    ['a token of changes', encodeToken('changes', '', set('a1'))],
    ['an unknown version', `B${token.slice(1)}`],
  ])('decodeToken refuses %s with CONTEXT_INVALID', async (_, damaged) => {
    expect(await refusalOf(() => decodeToken('context', 'k', damaged as string))).toBe('CONTEXT_INVALID');
    expect(() => decodeToken('context', 'k', damaged as string)).toThrow(
      expect.objectContaining({ details: { kind: 'context' } }),
    );
  });

  test('decodeToken notices every flipped bit', async () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await refusalOf(() => decodeToken('context', 'k', flipped.toString('base64url')))).toBe('CONTEXT_INVALID');
    }
  });

  test('decodeToken takes each kind for that kind alone', () => {
    const kinds: readonly TokenKind[] = ['context', 'session', 'changes'];
    for (const given of kinds) {
      for (const asked of kinds) {
        const attempt = (): unknown => decodeToken(asked, '', encodeToken(given, '', set('a1')));
        if (given === asked) expect(attempt).not.toThrow();
        else expect(attempt).toThrow('something else');
      }
    }
  });
});

describe('a store given a token', () => {
  test('put, delete, batch and resolve refuse a bad one and change nothing (L21)', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    await store.put('k', 'y', { context: 'none' });
    await store.put('other', 'x');
    const foreign = (await store.get('other')).context;
    const session = store.session().token;
    for (const context of [foreign, session, 'damaged', '']) {
      await expectRefused(store, 'CONTEXT_INVALID', () => store.put('k', 'z', { context }));
      await expectRefused(store, 'CONTEXT_INVALID', () => store.delete('k', { context }));
      await expectRefused(store, 'CONTEXT_INVALID', () => store.batch([{ delete: 'k', context }]));
      await expectRefused(store, 'CONTEXT_INVALID', () => store.resolve('k', { kind: 'delete' }, { context }));
    }
  });

  test('put, delete and batch raise IDENTITY_ALARM for a token that names writes this replica never made', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    for (const dots of [set('z1').add('a~1', 2), set('z1').add('a~1', 9), set('z1').addRange('a~1', 1, 2)]) {
      const context = encodeToken('context', 'k', dots);
      await expectRefused(store, 'IDENTITY_ALARM', () => store.put('k', 'y', { context }));
      await expectRefused(store, 'IDENTITY_ALARM', () => store.delete('k', { context }));
      await expectRefused(store, 'IDENTITY_ALARM', () => store.batch([{ delete: 'k', context }]));
    }
  });

  test('a session and a feed refuse tokens of another kind', async () => {
    const store = await open<string>('a');
    await store.receiveReplica('k', recordOf('k', 'x1=y'));
    const { context } = await store.get('k');
    await expectRefused(store, 'CONTEXT_INVALID', () => store.session(context));
    await expectRefused(store, 'CONTEXT_INVALID', () => store.changes({ after: context }));
    await expectRefused(store, 'CONTEXT_INVALID', () => store.changes({ after: store.session().token }));
  });
});
