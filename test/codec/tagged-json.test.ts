import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTagged, fromTagged, parseExactly, parseTagged, toTagged } from '../../src/codec/tagged-json.ts';

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('formatTagged', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    [true, 'true'],
    [1.5, '1.5'],
    [0, '0'],
    ['$bigint', '"$bigint"'],
    [[], '[]'],
    [{}, '{}'],
    [[1, [null, 'a']], '[1,[null,"a"]]'],
    [{ a: { b: [] } }, '{"a":{"b":[]}}'],
    [12n, '{"$bigint":"12"}'],
    [-12n, '{"$bigint":"-12"}'],
    [-0, '{"$number":"-0"}'],
    [new Date(1_769_860_800_000), '{"$date":"2026-01-31T12:00:00.000Z"}'],
    [new Uint8Array([251, 255]), '{"$bytes":"-_8"}'],
    [new Uint8Array(), '{"$bytes":""}'],
    [[1, -0], '[1,{"$number":"-0"}]'],
    [[1, 2n], '[1,{"$bigint":"2"}]'],
    [{ a: -0, b: [new Date(0)] }, '{"a":{"$number":"-0"},"b":[{"$date":"1970-01-01T00:00:00.000Z"}]}'],
    [{ a: { b: new Uint8Array([0]) } }, '{"a":{"b":{"$bytes":"AA"}}}'],
    [{ $bigint: '12' }, '{"$$bigint":"12"}'],
    [{ $bigint: 12n }, '{"$$bigint":{"$bigint":"12"}}'],
    [{ $$date: 1 }, '{"$$$date":1}'],
    [{ $number: { $bytes: null } }, '{"$$number":{"$$bytes":null}}'],
    [{ $date: 1, a: 2n }, '{"$date":1,"a":{"$bigint":"2"}}'],
    [{ $other: 1n }, '{"$other":{"$bigint":"1"}}'],
    [{ x$date: 1n }, '{"x$date":{"$bigint":"1"}}'],
    [{ $dates: 1n }, '{"$dates":{"$bigint":"1"}}'],
    [{ date: 1n }, '{"date":{"$bigint":"1"}}'],
  ])('formatTagged of %o is one form, which parseTagged reads back', (value, text) => {
    expect(formatTagged(value)).toBe(text);
    expect(parseTagged(text)).toStrictEqual(value);
    expect(fromTagged(toTagged(value))).toStrictEqual(value);
  });

  it('toTagged makes of a value what JSON shows whole, and leaves alone what it does already', () => {
    expect(toTagged([1n, { a: new Date(0) }])).toStrictEqual([
      { $bigint: '1' },
      { a: { $date: '1970-01-01T00:00:00.000Z' } },
    ]);
    expect(toTagged({ a: [null, 'x', 1] })).toStrictEqual({ a: [null, 'x', 1] });
  });
});

describe('fromTagged', () => {
  it.each<unknown>([
    { $bigint: 12 },
    { $bigint: '' },
    { $bigint: '1.5' },
    { $bigint: '12a' },
    { $bigint: 'a12' },
    { $bigint: '--1' },
    { $bigint: '0x1f' },
    { $date: 0 },
    { $date: '' },
    { $number: '0' },
    { $number: -0 },
    { $number: '-1' },
    { $bytes: 'A=' },
    { $bytes: '-0' },
    { $bytes: [0] },
    { $bytes: null },
    { $number: null },
    [{ a: { $number: 'one' } }],
  ])('fromTagged refuses %j, which says no value', (json) => {
    expect(() => fromTagged(json)).toThrow('says no value');
    expect(() => fromTagged(json)).toThrow(expect.objectContaining({ code: 'ENCODING_INVALID' }));
  });

  it('fromTagged shows the beginning of what says no value', () => {
    expect(() => fromTagged({ $bigint: 'x'.repeat(200) })).toThrow(
      `Cannot read the value: {"$bigint":"${'x'.repeat(68)} says`,
    );
  });

  it('fromTagged takes a bigint of the digits allowed and no more, wherever it is', () => {
    expect(fromTagged({ $bigint: '123' }, 3)).toBe(123n);
    expect(fromTagged({ $bigint: '9'.repeat(200_000) })).toBe(BigInt('9'.repeat(200_000)));
    for (const place of [
      (it: unknown) => it,
      (it: unknown) => [it],
      (it: unknown) => ({ a: it, b: 1 }),
      (it: unknown) => ({ $$date: it }),
    ])
      expect(() => fromTagged(place({ $bigint: '1234' }), 3)).toThrow('says no value');
  });

  it('fromTagged takes off one $ only', () => {
    expect(fromTagged({ $$bigint: { $bigint: '1' } })).toStrictEqual({ $bigint: 1n });
    expect(fromTagged({ $$$bytes: 'A' })).toStrictEqual({ $$bytes: 'A' });
    expect(fromTagged({ $bigint: 'x', a: 1 })).toStrictEqual({ $bigint: 'x', a: 1 });
  });
});

describe('parseExactly', () => {
  it('parseExactly sees the end of a container behind a number, whatever the number', () => {
    for (const number of ['1', '-1', '0', '1.5', '1e5', '1E-5', '123456789012345', '1234567890123456']) {
      for (const one of [`[${number}]`, `{"a":${number}}`, `{"a":[${number}],"b":${number}}`])
        expect(parseExactly(`[${Array(9).fill(one).join(',')}]`, 3)).toEqual(Array(9).fill(JSON.parse(one)));
    }
  });

  it('parseExactly takes so many containers in one another and no more, and leaves tags alone', () => {
    expect(parseExactly('[[1]]', 2)).toEqual([[1]]);
    expect(parseExactly('{"a":{"$bigint":"x"}}', 2)).toEqual({ a: { $bigint: 'x' } });
    expect(() => parseExactly('[[[1]]]', 2)).toThrow('it nests over 2 deep');
    expect(() => parseExactly('[{"a":[1]}]', 2)).toThrow('it nests over 2 deep');
    expect(parseExactly('[[],[],{},{"a":[]}]', 3)).toEqual([[], [], {}, { a: [] }]);
  });

  it.each<[string]>([
    ['{"a":[{"b":1,"b":1}]}'],
    ['[1,{"a":{"b":null,"b":null}}]'],
    ['{"a":1,"b":{},"b":{}}'],
    ['{"a":{"c":1},"b":2,"b":{}}'],
  ])('parseExactly refuses %s for a name twice, at any depth', (text) => {
    expect(() => parseExactly(text, 9)).toThrow('two fields of one name');
  });

  it.each<[string, unknown]>([
    ['{"a":null,"b":[null,{"c":1}],"d":{"a":{}}}', { a: null, b: [null, { c: 1 }], d: { a: {} } }],
    ['[{"a":1},{"a":1}]', [{ a: 1 }, { a: 1 }]],
  ])('parseExactly reads %s', (text, value) => {
    expect(parseExactly(text, 9)).toStrictEqual(value);
  });
});

describe('parseTagged', () => {
  it.each([
    ['{"a":1,"a":2}', /two fields of one name/],
    ['{"a":{"__proto__":1,"__proto__":2}}', /two fields of one name/],
    ['{"a":1,"\\u0061":2}', /two fields of one name/],
    ['12345678901234567890', /no exact number/],
    ['[1,-9007199254740993]', /no exact number/],
    ['1e400', /larger than any number/],
    ['1E400', /: 1E400 is larger than any number/],
    ['[1E-400]', /: 1E-400 is smaller than any number/],
    [`1${'0'.repeat(400)}`, /larger than any number/],
    [`1${'0'.repeat(400)}`, /: 10{39}… is larger than any number/],
    ['1234567890'.repeat(4), /: (1234567890){4} is no exact number/],
    [`${'1234567890'.repeat(4)}1`, /: (1234567890){4}… is no exact number/],
    ['1e-400', /smaller than any number/],
    ['0.1e-400', /smaller than any number/],
    ['-0.001e-400', /smaller than any number/],
    ['{"a":[1e-400]}', /: 1e-400 is smaller than any number/],
    ['[1,-1e400]', /: -1e400 is larger than any number/],
    ['9007199254740993', /no exact number/],
    ['{"$bigint":"twelve"}', /says no value/],
    [`{"$bigint":"${'9'.repeat(100_001)}"}`, /says no value/],
    ['{"$date":"never"}', /says no value/],
    ['{"$bytes":"A"}', /says no value/],
    ['{"\\u0024bigint":"x"}', /says no value/],
    ['{"a":', /not JSON/],
    ['', /not JSON/],
    [deep(102), /nests over 101 deep/],
    [deep(1_000_000), /nests over 101 deep/],
    ['{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), /nests over 101 deep/],
  ])('parseTagged refuses %#: what it would have to change or cannot hold', (text, fault) => {
    expect(() => parseTagged(text)).toThrow(fault);
    expect(() => parseTagged(text)).toThrow(expect.objectContaining({ code: 'ENCODING_INVALID' }));
  });

  it.each([
    ['9007199254740992', 2 ** 53],
    ['10000000000000000000000', 1e22],
    ['-27036548942591510', -27036548942591512],
    ['0.1000000000000000055511151231257827', 0.1],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['0e-999', 0],
    ['-0', -0],
    ['"{\\"a\\":1,:::[[["', '{"a":1,:::[[['],
    ['"\\\\"', '\\'],
    ['{"\\u0024bigint":"12"}', 12n],
    ['[{"a":":"},{"a":"\\\\\\""}]', [{ a: ':' }, { a: '\\"' }]],
  ])('parseTagged reads %s as it stands', (text, value) => {
    expect(parseTagged(text)).toStrictEqual(value);
  });

  it('parseTagged keeps a field called __proto__ and gives it no power', () => {
    const value = parseTagged('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(formatTagged(value)).toBe('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}');
  });

  it('parseTagged gives back what formatTagged wrote, for every JSON value and beyond', () => {
    const name = fc.constantFrom('$bigint', '$$date', '__proto__', 'a');
    const fields = fc.dictionary(name, fc.oneof(fc.bigInt(), fc.uint8Array()), { noNullPrototype: true });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fields), (given) => {
        expect(parseTagged(formatTagged(given))).toStrictEqual(given);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });

  it('parseTagged never throws anything but ENCODING_INVALID, whatever the text', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '1',
      '-',
      'e9',
      '.',
      '"a":',
      'null',
      '"$date"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseTagged(pieces.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENCODING_INVALID' });
        }
      }),
      { seed: 7, numRuns: 3_000 },
    );
  });
});
