import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { seenInSession, sessionTokenFor } from '../../src/replica/session-memory.ts';
import { decodeToken, encodeToken } from '../../src/store/context-token.ts';

const seenBy = (counter: number): DotSet => DotSet.empty.addRange('a~1', 1, counter);

describe('seenInSession', () => {
  test('gives what the token says, whether it was given out here or not, however many there were', () => {
    const tokens = Array.from({ length: 1_000 }, (_, at) => sessionTokenFor(seenBy(at + 1)));
    const fromElsewhere = encodeToken('session', '', seenBy(2_000));
    for (const token of [...tokens, fromElsewhere, ...tokens.slice(-10)])
      expect(seenInSession(token).equals(decodeToken('session', '', token))).toBe(true);
    expect(seenInSession(fromElsewhere)).toBe(seenInSession(fromElsewhere));
  });

  test('gives what a token says that is too long to be remembered', () => {
    const many = DotSet.of(Array.from({ length: 1_000 }, (_, at) => ({ id: `replica-${at}`, counter: 1 })));
    expect(seenInSession(sessionTokenFor(many)).equals(many)).toBe(true);
  });

  test('refuses a token that is damaged, or of a key, beside the one that it remembers (L21)', () => {
    const token = sessionTokenFor(seenBy(7));
    const damaged = `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.at(-1)}`;
    for (const wrong of [damaged, token.slice(1), '', encodeToken('context', 'k', seenBy(7))])
      expect(() => seenInSession(wrong)).toThrow(expect.objectContaining({ code: 'CONTEXT_INVALID' }));
    expect(seenInSession(token).equals(seenBy(7))).toBe(true);
  });
});
