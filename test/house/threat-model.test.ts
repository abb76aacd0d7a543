/** What docs/threat-model.md names as shown is shown: each test file is there, and each test it quotes is in it. */

import { describe, expect, test } from 'vitest';
import { isThere, readText } from './source.ts';

/** `path.test.ts` and, if one follows, *the name of a test*, which may end in an ellipsis. */
const MENTION = /`([\w/.-]+\.test\.ts)`(?: \*([^*]+)\*)?/g;

describe('docs/threat-model.md', () => {
  test('names tests that there are', () => {
    const mentions = [...readText('docs/threat-model.md').matchAll(MENTION)];
    expect(mentions.length).toBeGreaterThan(20);
    const missing = mentions.filter(([, file = '', name = '']) => {
      const path = `test/${file}`;
      return !isThere(path) || !readText(path).includes(name.replace(/ ?…$/, ''));
    });
    expect(missing.map(([mention]) => mention)).toEqual([]);
  });
});
