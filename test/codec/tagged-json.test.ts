import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTagged, parseTagged } from '../../src/codec/tagged-json.ts';

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('parseTagged', () => {
  it.each([
    ['{"a":1,"a":2}', /two fields of one name/],
    ['{"a":{"__proto__":1,"__proto__":2}}', /two fields of one name/],
    ['{"a":1,"\\u0061":2}', /two fields of one name/],
    ['12345678901234567890', /no exact number/],
    ['[1,-9007199254740993]', /no exact number/],
    ['1e400', /larger than any number/],
    [`1${'0'.repeat(400)}`, /larger than any number/],
    ['1e-400', /smaller than any number/],
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
