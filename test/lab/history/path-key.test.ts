import { describe, expect, it } from 'vitest';
import { bytesOfPath, PathKeys, pathOfBytes } from '../../../src/lab/history/path-key.ts';
import { checkKey } from '../../../src/store/key.ts';

describe('pathOfBytes', () => {
  it.each([
    [Buffer.from('src/ä 😀\n\t.ts'), 'src/ä 😀\n\t.ts'],
    [Buffer.from('caf\u00e9.txt', 'latin1'), '"caf\\351.txt"'],
    [Buffer.from('"quoted"'), '"\\"quoted\\""'],
    [Buffer.from('a\\b"\n\u00ff', 'latin1'), '"a\\\\b\\"\\n\\377"'],
    [Buffer.from('a\\b'), 'a\\b'],
    [Buffer.from([0x22, 0x07, 0x1b, 0x7f, 0x80]), '"\\"\\a\\033\\177\\200"'],
    [Buffer.from('\ufeffx'), '\ufeffx'],
  ])('pathOfBytes gives text that bytesOfPath turns back, for %s', (bytes, path) => {
    expect(pathOfBytes(bytes)).toBe(path);
    expect(Buffer.from(bytesOfPath(path))).toEqual(bytes);
  });

  it('pathOfBytes is reversible for every byte', () => {
    const bytes = Buffer.from(Array.from({ length: 255 }, (_, at) => at + 1));
    expect(Buffer.from(bytesOfPath(pathOfBytes(bytes)))).toEqual(bytes);
  });
});

describe('PathKeys', () => {
  it.each(['a', '__proto__', 'ä'.repeat(512), '€'.repeat(341), '😀'.repeat(256)])(
    'PathKeys keeps the legal key %.20s',
    (path) => {
      expect(new PathKeys().keyOf(path)).toBe(path);
    },
  );

  it.each(['\0cairn/member/x', '\0', 'a'.repeat(1_025), '€'.repeat(342), `a${'😀'.repeat(900)}`, '😀'.repeat(900)])(
    'PathKeys makes a legal key of a path that is none, and leads back',
    (path) => {
      const keys = new PathKeys();
      const key = keys.keyOf(path);
      expect(() => checkKey(key)).not.toThrow();
      expect(keys.pathOf(key)).toBe(path);
      expect(keys.keyOf(path)).toBe(key);
      expect(keys.keyOf(`${path}x`)).not.toBe(key);
    },
  );
});
