import { describe, expect, it } from 'vitest';
import { digestOf, parseTokens } from '../../../src/cli/serve/token-file.ts';

const SECRET = 'a-secret-of-some-length';
const HASH = digestOf('another-secret-of-some-length');

describe('parseTokens', () => {
  it('parseTokens reads lines, with comments, digests and prefixes', () => {
    const text = `# who may what\n\napp read,write ${SECRET}  users/of berlin/ \n  berlin peer sha256:${HASH.toUpperCase()}\r\n`;
    expect(parseTokens(text, 'tokens')).toEqual([
      { name: 'app', scopes: ['read', 'write'], sha256: digestOf(SECRET), prefix: 'users/of berlin/' },
      { name: 'berlin', scopes: ['peer'], sha256: HASH, prefix: undefined },
    ]);
  });

  it('parseTokens reads a JSON list of the same', () => {
    const list = [
      { name: 'app', scopes: ['admin'], secret: SECRET },
      { name: 'phone', scopes: ['device'], sha256: HASH },
    ];
    expect(parseTokens(JSON.stringify(list), 'tokens')).toMatchObject([{ sha256: digestOf(SECRET) }, { sha256: HASH }]);
  });

  it.each([
    ['app read', 'tokens:1: give NAME SCOPES SECRET'],
    ['# x\napp root 0123456789abcdef', 'tokens:2: "root" is none of'],
    ['app read short-secret', 'its secret has under 16 characters'],
    ['app read sha256:abc', 'its SHA-256 is no 64'],
    ['berlin peer 0123456789abcdef users/', 'a replica has all keys'],
    ['berlin peer,device 0123456789abcdef', 'a peer or a device'],
    ['a read 0123456789abcdef\nb read 0123456789abcdef', '"a" and "b" have one secret'],
    ['[{"name":"app","scopes":["read"],"secret":"0123456789abcdef","scope":"x"}]', 'token 1: it has a field "scope"'],
    ['[{"name":"app","secret":"hunter2-hunter2-', 'begins like JSON and is none'],
  ])('parseTokens refuses %j, and shows no secret', (text, why) => {
    expect(() => parseTokens(text, 'tokens')).toThrow(why);
    expect(() => parseTokens(text, 'tokens')).not.toThrow(/0123456789abcdef|short-secret|hunter2/);
  });
});
