import { describe, expect, it } from 'vitest';
import { asContents, type Contents, kindOf } from '../../../src/lab/history/contents.ts';
import type { Shown } from '../../../src/lab/strategies/strategy.ts';
import { type Operation, OperationBook } from '../../../src/lab/truth/operation-book.ts';

describe('kindOf', () => {
  const contents: Contents = ['1', '1', '2', null, null];
  it.each([
    ['nothing for one version', [0], undefined],
    ['write-vs-write for different contents', [0, 2], 'write-vs-write'],
    ['same-value for equal contents', [0, 1], 'same-value'],
    ['same-value for two deletes', [3, 4], 'same-value'],
    ['delete-vs-write for a delete beside a content', [0, 3], 'delete-vs-write'],
  ] as const)('kindOf gives %s', (_, operations, kind) => {
    expect(kindOf(operations, contents)).toBe(kind);
  });
});

describe('asContents', () => {
  const table: readonly (readonly [
    string,
    contents: Contents,
    heads: number[],
    shown: Partial<Shown>,
    wanted: Partial<Shown>,
  ])[] = [
    ['changes nothing where all is shown', ['1', '2'], [0, 1], { live: [0, 1] }, { live: [0, 1] }],
    ['changes nothing where what is not shown is nowhere else', ['1', '2'], [0, 1], { live: [1] }, { live: [1] }],
    ['adds a write whose contents are shown', ['1', '1'], [0, 1], { live: [1] }, { live: [0, 1] }],
    [
      'puts a write in the place of an overwritten one with equal contents',
      ['1', '1'],
      [1],
      { live: [0] },
      { live: [1] },
    ],
    [
      'leaves an overwritten value beside its equal: a false sibling',
      ['1', '1', '2'],
      [1, 2],
      { live: [0, 1] },
      { live: [0, 1] },
    ],
    [
      'adds a write whose contents a rule was given',
      ['1', '1', '2'],
      [0, 1, 2],
      { live: [2], passedOver: [1] },
      { live: [2], passedOver: [0, 1] },
    ],
    ['never adds a delete', ['1', null, null], [1, 2], { deleted: [2] }, { deleted: [2] }],
  ];
  it.each(table)('asContents %s', (_, contents, heads, shown, wanted) => {
    const book = new OperationBook();
    const operations = contents.map((blob): Operation => {
      const what = { key: 'x', isDelete: blob === null, client: 0, replica: 0, at: 0 };
      return book.note(what, []);
    });
    const nothing: Shown = { live: [], deleted: [], passedOver: [] };
    const translated = asContents(
      { ...nothing, ...shown },
      heads.map((at) => operations[at]!),
      contents,
    );
    expect(translated).toEqual({ ...nothing, ...wanted });
  });
});
