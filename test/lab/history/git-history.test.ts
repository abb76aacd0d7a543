import { describe, expect, it } from 'vitest';
import { parseCommit, readHistory } from '../../../src/lab/history/git-history.ts';

const commit = (fields: object): string =>
  JSON.stringify({ id: 'a', parents: [], author: 0, time: 1, changes: [{ x: 'b1' }], ...fields });

describe('parseCommit', () => {
  it('parseCommit reads a line', () => {
    expect(
      parseCommit('{"id":"a","parents":["b"],"author":2,"time":-5,"changes":[{"x":"b1","__proto__":null}]}'),
    ).toEqual({
      id: 'a',
      parents: ['b'],
      author: 2,
      time: -5,
      changes: [
        new Map<string, string | null>([
          ['x', 'b1'],
          ['__proto__', null],
        ]),
      ],
    });
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'the line is [], give an object'],
    [commit({ id: 7 }), '"id" is 7, give an id'],
    [commit({ id: '' }), '"id" is "", give an id'],
    [commit({ parents: 'a' }), '"parents" is "a", give a list'],
    [commit({ parents: [null] }), '"parents"[0] is null, give an id'],
    [commit({ author: undefined }), '"author" is missing, give a whole number'],
    [commit({ time: 1.5 }), '"time" is 1.5, give a whole number'],
    [commit({ changes: [[]] }), '"changes"[0] is [], give an object'],
    [commit({ changes: [{ '': 'b' }] }), '"changes"[0] has an empty path'],
    [commit({ changes: [{ 'a\ud800': 'b' }] }), 'lone surrogate'],
    [commit({ changes: [{ x: {} }] }), '"changes"[0] at "x" is {}, give an id'],
  ])('parseCommit refuses %s', (line, message) => {
    expect(() => parseCommit(line)).toThrow(message);
  });
});

describe('readHistory', () => {
  it.each([
    [[commit({}), '', commit({})], 'h.jsonl:3: Cannot take commit a: it was named before'],
    [
      [commit({ parents: ['z'] })],
      'h.jsonl:1: Cannot take commit a: its parent z did not come before, put parents before children',
    ],
    [[commit({ parents: ['a'] })], 'it is its own parent'],
    [[commit({}), commit({ id: 'b', parents: ['a', 'a'], changes: [{}, {}] })], 'it names a parent twice'],
    [
      [commit({}), commit({ id: 'b', parents: ['a'], changes: [{}, {}] })],
      'it has 2 maps of changes, 1 parents take 1',
    ],
    [[commit({ changes: [] })], 'it has 0 maps of changes, 0 parents take 1'],
    [[commit({}), 'x'], 'h.jsonl:2: Cannot read the commit: not JSON'],
    [['', ' '], 'h.jsonl: Cannot replay the history: it holds no commit'],
  ])('readHistory refuses %j', async (lines, message) => {
    await expect(readHistory(lines, 'h.jsonl')).rejects.toThrow(message);
  });
});
