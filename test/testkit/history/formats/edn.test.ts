import { describe, expect, it } from 'vitest';
import { type Plain, readEdn, writeEdn } from '../../../../src/testkit/history/formats/edn.ts';
import { HistoryFault } from '../../../../src/testkit/history/register-history.ts';

const values = (text: string): Plain[] => [...readEdn(text)].map(({ value }) => value);

describe('readEdn', () => {
  it.each<[string, Plain]>([
    ['nil', null],
    ['true', true],
    ['-12', -12],
    ['12N', 12],
    ['1.5e3', 1500],
    ['123456789012345678901', '123456789012345678901'],
    [':a/b', ':a/b'],
    ['sym', 'sym'],
    ['"a\\n\\"\\u0041"', 'a\n"A'],
    [
      '{:a [1 (2) #{3}], "b" {}}',
      new Map<string, Plain>([
        [':a', [1, [2], [3]]],
        ['b', new Map()],
      ]),
    ],
    ['#inst "2025-01-01"', '2025-01-01'],
    ['#jepsen.history.Op {:f :r}', new Map([[':f', ':r']])],
    ['^{:doc "x"} :y', ':y'],
  ])('readEdn reads %s', (text, value) => {
    expect(values(`{:held ${text}}`)).toEqual([new Map([[':held', value]])]);
  });

  it('readEdn reads past comments and discarded values, with \\characters and numbers that are none', () => {
    expect(values('{:a \\a :b \\newline} #_{:x 1} ; {:y\n{:c ##Inf}')).toEqual([
      new Map([
        [':a', 'a'],
        [':b', '\n'],
      ]),
      new Map([[':c', 'Inf']]),
    ]);
  });

  it('readEdn gives the items of one vector, or values one after another, each with its line', () => {
    expect([...readEdn('\n[{:a 1}\n\n {:b 2}]')].map(({ line }) => line)).toEqual([2, 4]);
    expect([...readEdn('{:a\n1}\n{:b 2}')].map(({ line }) => line)).toEqual([1, 3]);
    expect(values('')).toEqual([]);
  });

  it.each([
    ['{:a 1}\n{:b', 'line 2: Cannot read the EDN: it ends in the middle of a value'],
    ['{:a 1}\n{:b}', 'line 2: Cannot read the EDN: a map has a key without a value'],
    ['{:a "x', 'line 1: Cannot read the EDN: a string does not end'],
    ['{:a 1x}', 'line 1: Cannot read the EDN: 1x is no number'],
    ['{:a ]}', 'line 1: Cannot read the EDN: "]" begins no value'],
    [`{:a ${'['.repeat(300)}`, 'line 1: Cannot read the EDN: it is nested too deep'],
  ])('readEdn refuses %j', (text, message) => {
    expect(() => values(text)).toThrow(new HistoryFault(message));
  });
});

describe('writeEdn', () => {
  it('writeEdn writes what readEdn reads again', () => {
    const held: Plain = new Map<string, Plain>([
      [':f', ':txn'],
      ['a b', [null, true, -1, 'x "y"', ':not a keyword', []]],
    ]);
    expect(writeEdn(held)).toBe('{:f :txn, "a b" [nil true -1 "x \\"y\\"" ":not a keyword" []]}');
    expect(values(writeEdn(held))).toEqual([held]);
  });
});
