import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePatch } from '../../src/cli/update.ts';
import { formatValue, parseValue } from '../../src/cli/value-text.ts';

describe('formatValue', () => {
  it.each([
    [12n, '{"$bigint":"12"}'],
    [new Date('2026-01-31T12:00:00.000Z'), '{"$date":"2026-01-31T12:00:00.000Z"}'],
    [new Uint8Array([1, 2]), '{"$bytes":"AQI"}'],
    [-0, '{"$number":"-0"}'],
    [{ $bigint: '12' }, '{"$$bigint":"12"}'],
    [{ $$bigint: '12' }, '{"$$$bigint":"12"}'],
    [{ $bigint: '12', other: 1 }, '{"$bigint":"12","other":1}'],
    [{ $other: 1n }, '{"$other":{"$bigint":"1"}}'],
    [[{ $date: 1 }, null, 'text'], '[{"$$date":1},null,"text"]'],
  ])('formatValue of %o is %s, which reads back', (value, text) => {
    expect(formatValue(value)).toBe(text);
    expect(parseValue(text, 'it')).toStrictEqual(value);
  });

  it('formatValue keeps any value, whatever its fields are called', () => {
    const name = fc.constantFrom('$bigint', '$$bigint', '$date', '$bytes', '$number', '__proto__', 'a');
    const scalar = fc.oneof(fc.string(), fc.bigInt(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
    const finite = scalar.filter((value) => typeof value !== 'number' || Number.isFinite(value));
    const leaf = fc.oneof(finite, fc.uint8Array(), fc.date({ noInvalidDate: true }));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map((fields) => Object.fromEntries(fields)),
      ),
    }));
    fc.assert(
      fc.property(value, (given) => {
        expect(parseValue(formatValue(given), 'it')).toStrictEqual(given);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it.each(['{"$bigint":12}', '{"$bigint":"x"}', '{"$date":"tomorrow"}', '{"$bytes":"!"}', '{"$number":"1"}', '{'])(
    'parseValue refuses %s',
    (text) => {
      expect(() => parseValue(text, 'the value')).toThrow(/^Cannot read the value: /);
    },
  );
});

describe('mergePatch', () => {
  // RFC 7396, appendix A.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
    ['{}', '{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
  ])('mergePatch of %s by %s is %s', (target, patch, result) => {
    expect(JSON.stringify(mergePatch(JSON.parse(target), JSON.parse(patch)))).toBe(result);
  });
});
