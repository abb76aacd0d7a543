import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkText,
  compareText,
  faultOfText,
  fromBase64Url,
  hasSurrogates,
  isWellFormed,
  readUtf8,
  toBase64Url,
  utf8Length,
  writeUtf8,
} from '../../src/codec/text.ts';
import { anyText, expectRefused, fromHex, HOSTILE_TEXTS, LONE_SURROGATES, RUNS, refusal } from './literals.ts';

const encoder = new TextEncoder();
const anyUnits = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0xd7f0, max: 0xe010 }),
        fc.integer({ min: 0, max: 0xff }),
      ),
    )
    .map((units) => String.fromCharCode(...units));

describe('compareText', () => {
  it.each([
    ['', '', 0],
    ['', 'a', -1],
    ['a', 'b', -1],
    ['a', 'ab', -1],
    ['b', 'ab', 1],
    ['\uffff', '\u{10000}', -1],
    ['\ue000', '\u{1F600}', -1],
    ['\ud7ff', '\u{1F600}', -1],
    ['\ud7ff', '\ue000', -1],
    ['\u0001', '\uffff', -1],
    ['\u{1F600}', '\u{1F601}', -1],
    ['\u{1F600}', '\u{20000}', -1],
    ['a\uffff', 'a\u{10000}', -1],
    ['\u00e9', 'e\u0301', 1],
    ['Z', 'a', -1],
    ['\0', '', 1],
  ])('compareText of %j and %j has the sign %d', (a, b, sign) => {
    expect(Math.sign(compareText(a, b))).toBe(sign);
    expect(Math.sign(compareText(b, a))).toBe(-sign + 0);
  });

  it('compareText orders as the UTF-8 bytes do', () => {
    fc.assert(
      fc.property(anyText(), anyText(), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(encoder.encode(a), encoder.encode(b)));
      }),
      RUNS,
    );
  });
});

describe('isWellFormed', () => {
  it('isWellFormed tells lone surrogates from pairs, hasSurrogates tells either', () => {
    for (const text of HOSTILE_TEXTS) expect([text, isWellFormed(text)]).toEqual([text, true]);
    for (const text of LONE_SURROGATES) expect([isWellFormed(text), hasSurrogates(text)]).toEqual([false, true]);
    expect([hasSurrogates('\u{1F600}'), hasSurrogates('\ud7ff\ue000'), hasSurrogates('')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('faultOfText', () => {
  it.each<[unknown, number, string | undefined]>([
    ['a', 1, undefined],
    ['abc', 3, undefined],
    ['abcd', 3, 'has over 3 bytes'],
    ['é', 2, undefined],
    ['é', 1, 'has over 1 bytes'],
    ['éé', 4, undefined],
    ['éé', 3, 'has over 3 bytes'],
    ['\u20ac', 3, undefined],
    ['\u20ac', 2, 'has over 2 bytes'],
    ['\u{1F600}', 4, undefined],
    ['\u{1F600}', 3, 'has over 3 bytes'],
    ['', 3, 'is empty'],
    ['\ud800', 9, 'has a lone surrogate'],
    ['\ud800\ud800', 1, 'has a lone surrogate'],
    [7, 9, 'is a number'],
    [undefined, 9, 'is a undefined'],
    [null, 9, 'is a object'],
  ])('faultOfText of %j and %d bytes', (text, max, fault) => {
    expect(faultOfText(text, max)).toBe(fault);
  });
});

describe('checkText', () => {
  it('checkText takes a text of the bytes allowed, and refuses others by their kind', () => {
    const check = (text: unknown): void => checkText(text as string, 'a key', 3); // what a caller without types may give
    check('abc');
    check('\u20ac');
    expect(() => check('abcd')).toThrow(RangeError);
    expect(() => check('abcd')).toThrow('Cannot use "abcd" as a key: it has over 3 bytes');
    expect(() => check('')).toThrow(RangeError);
    expect(() => check('')).toThrow('it is empty');
    expect(() => check('\ud800')).toThrow(TypeError);
    expect(() => check('\ud800')).toThrow('it has a lone surrogate');
    expect(() => check(5)).toThrow(TypeError);
    expect(() => check(undefined)).toThrow(TypeError);
  });
});

describe('writeUtf8', () => {
  it('writeUtf8 and utf8Length agree with TextEncoder', () => {
    fc.assert(
      fc.property(anyText(), fc.nat(3), (text, at) => {
        const expected = encoder.encode(text);
        const target = new Uint8Array(expected.length + at);
        expect(utf8Length(text)).toBe(expected.length);
        expect(writeUtf8(text, target, at)).toBe(target.length);
        expect(target.subarray(at)).toEqual(expected);
      }),
      RUNS,
    );
  });

  it('writeUtf8 writes from a unit on', () => {
    const target = new Uint8Array(4);
    expect(utf8Length('abé', 1)).toBe(3);
    expect(writeUtf8('abé', target, 1, 1)).toBe(4);
    expect(target).toEqual(fromHex('0062c3a9'));
  });

  it('writeUtf8 refuses exactly the texts that are not well formed', () => {
    for (const text of LONE_SURROGATES) expect(() => writeUtf8(text, new Uint8Array(20), 0)).toThrow(TypeError);
    fc.assert(
      fc.property(anyUnits(), (text) => {
        const write = (): number => writeUtf8(text, new Uint8Array(text.length * 3), 0);
        if (isWellFormed(text)) expect(write()).toBe(utf8Length(text));
        else expect(write).toThrow(TypeError);
        expect(isWellFormed(text)).toBe(!/\p{Surrogate}/u.test(text));
      }),
      RUNS,
    );
  });
});

describe('readUtf8', () => {
  it.each([
    '80',
    'bf',
    'c0',
    'c080',
    'c1bf',
    'c2',
    'c27f',
    'c2c0',
    'e0',
    'e08080',
    'e09fbf',
    'e180',
    'eda080',
    'edbfbf',
    'eda080edb080',
    'f0808080',
    'f08fbfbf',
    'f4908080',
    'f5808080',
    'f8888080',
    'f8908080',
    'fc908080',
    'ff8fbfbf',
    'ff',
    'fe',
    '61c3',
    '616263646566676861c3',
    'f09f98',
  ])('readUtf8 refuses %s', (bytes) => expectRefused(() => readUtf8(fromHex(bytes), 0, bytes.length / 2)));

  it.each(['c3a9', 'e282ac', 'f09f9880', '61c3a9', '6161e282ac'])(
    'readUtf8 refuses %s when it is to end within the last letter, whatever follows',
    (bytes) => {
      const whole = fromHex(bytes);
      const first = bytes.lastIndexOf('61') < 0 ? 0 : (bytes.lastIndexOf('61') + 2) / 2;
      for (let to = first + 1; to < whole.length; to++) expectRefused(() => readUtf8(whole, 0, to));
      expect(readUtf8(whole, 0, whole.length)).toBe(Buffer.from(whole).toString());
    },
  );

  it('readUtf8 reads texts of every length, with a letter that is not ASCII anywhere', () => {
    for (let length = 0; length < 80; length++) {
      for (const odd of ['', 'é', '\ufeff', '\u{1F600}']) {
        for (const at of new Set([0, 1, length >> 1, Math.max(length - 1, 0), length])) {
          const text =
            'abcdefghijklmnopqrstuvwxyz'.repeat(4).slice(0, at) + odd + 'zyx'.repeat(30).slice(0, length - at);
          const bytes = Buffer.concat([Buffer.from('#'), encoder.encode(text), Buffer.from('#')]);
          expect(readUtf8(bytes, 1, bytes.length - 1)).toBe(text);
        }
      }
    }
  });

  it('readUtf8 reads long texts', () => {
    for (const text of ['x'.repeat(100_000), 'é'.repeat(50_000), `${'x'.repeat(70_001)}\u{1F600}${'y'.repeat(5000)}`]) {
      const bytes = encoder.encode(text);
      expect(readUtf8(bytes, 0, bytes.length) === text).toBe(true);
    }
  });

  it('readUtf8 agrees with a fatal TextDecoder on any bytes', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const byte = fc.oneof(
      fc.constantFrom(0x61, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f),
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 24 }), (list) => {
        const bytes = new Uint8Array(list);
        let expected: string | undefined;
        try {
          expected = decoder.decode(bytes);
        } catch {}
        let text: string | undefined;
        refusal(() => (text = readUtf8(bytes, 0, bytes.length)));
        expect(text).toBe(expected);
      }),
      { ...RUNS, numRuns: 5_000 },
    );
  });
});

describe('toBase64Url', () => {
  it.each([
    ['', ''],
    ['00', 'AA'],
    ['ff', '_w'],
    ['fbff', '-_8'],
    ['010203', 'AQID'],
    ['01020304', 'AQIDBA'],
  ])('toBase64Url of %s is %s', (bytes, text) => {
    expect(toBase64Url(fromHex(bytes))).toBe(text);
    expect(fromBase64Url(text)).toEqual(fromHex(bytes));
  });

  it('toBase64Url agrees with Buffer and comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      }),
      RUNS,
    );
  });
});

describe('fromBase64Url', () => {
  it.each(['A', 'AAAAA', 'AB', 'AAB', '_x', 'AA=', 'AA==', 'A A', 'A+', 'A/', 'AA\n', 'é', '\0', 'AQI\u{1F600}'])(
    'fromBase64Url refuses %j',
    (text) => {
      expectRefused(() => fromBase64Url(text));
    },
  );

  it('fromBase64Url takes a text only if toBase64Url writes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgw_-8B=+'), maxLength: 9 }), (text) => {
        let bytes = new Uint8Array();
        if (refusal(() => (bytes = fromBase64Url(text) as Uint8Array<ArrayBuffer>)) === '')
          expect(toBase64Url(bytes)).toBe(text);
      }),
      RUNS,
    );
  });
});
