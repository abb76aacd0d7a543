import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCommit, readHistory } from '../../../src/lab/history/git-history.ts';
import { replay } from '../../../src/lab/history/replay.ts';
import { differencesFrom, parseExpected, resultToJson } from '../../../src/lab/history/replay-result.ts';
import { figuresOf, randomHistory } from './history-oracle.ts';

const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
const immer = () => readHistory(example('git-history-immer.jsonl').split('\n'), 'immer');
const expected = parseExpected(example('git-history-immer.expected.json'));

describe('replay', () => {
  it('replay equals the expected figures of the immer history, merge by merge', async () => {
    const result = await replay(await immer());
    expect(differencesFrom(expected, result)).toEqual([]);
    expect(resultToJson(result)).toMatchObject(expected);
    expect(result.tombstones).toEqual({ before: 169, after: 0 });
    expect(result.lastWriterWins.writesDropped.concurrent).toBe(147);
    expect(result.lastWriterWins.deletesUndone.concurrent).toBe(2);
  });

  it('replay gives the same result every time', async () => {
    const history = randomHistory(7, 60);
    const [a, b] = [await replay(history), await replay(history)];
    expect(resultToJson({ ...a, timeMs: 0 })).toEqual(resultToJson({ ...b, timeMs: 0 }));
  });

  it('replay agrees with an oracle over sets on random histories with octopus merges and several roots', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const history = randomHistory(seed, 10 + (seed % 5) * 15);
      const result = await replay(history);
      expect(differencesFrom({ ...figuresOf(history) }, result), `seed ${seed}`).toEqual([]);
      expect(result.tombstones.after, `seed ${seed}`).toBe(0);
    }
  });

  it('replay counts branches that were never merged and still reaps what everybody knows', async () => {
    const lines = [
      '{"id":"a","parents":[],"author":0,"time":1,"changes":[{"x":"1","y":"1"}]}',
      '{"id":"b","parents":["a"],"author":0,"time":2,"changes":[{"x":"2"}]}',
      '{"id":"c","parents":["a"],"author":0,"time":3,"changes":[{"y":null}]}',
    ];
    const result = await replay(lines.map(parseCommit));
    expect(result).toMatchObject({ tips: 2, headLive: 1, headDeleted: 1, tombstones: { before: 1, after: 0 } });
  });

  it('replay takes paths called __proto__, and paths too long to be keys', async () => {
    const long = 'directory/'.repeat(200);
    const result = await replay([
      {
        id: 'a',
        parents: [],
        author: 0,
        time: 1,
        changes: [
          new Map([
            ['__proto__', '1'],
            [`${long}a`, '1'],
            [`${long}b`, '1'],
          ]),
        ],
      },
      {
        id: 'b',
        parents: ['a'],
        author: 0,
        time: 2,
        changes: [
          new Map([
            ['__proto__', '2'],
            [`${long}a`, '2'],
          ]),
        ],
      },
      {
        id: 'c',
        parents: ['a'],
        author: 0,
        time: 3,
        changes: [
          new Map<string, string | null>([
            ['__proto__', null],
            [`${long}a`, '3'],
          ]),
        ],
      },
      {
        id: 'd',
        parents: ['b', 'c'],
        author: 0,
        time: 4,
        changes: [
          new Map(),
          new Map([
            ['__proto__', '2'],
            [`${long}a`, '2'],
          ]),
        ],
      },
    ]);
    expect(result.perMerge).toEqual([
      {
        merge: 'd',
        conflicts: new Map([
          ['__proto__', 'delete-vs-write'],
          [`${long}a`, 'write-vs-write'],
        ]),
      },
    ]);
    expect(result.headLive).toBe(3);
    expect(JSON.stringify(resultToJson(result))).toContain('"__proto__":"delete-vs-write"');
  });
});

describe('differencesFrom', () => {
  it('differencesFrom names each figure that differs', async () => {
    const result = await replay(randomHistory(3, 40));
    const figures = { ...figuresOf(randomHistory(3, 40)) };
    expect(result.perMerge.length).toBeGreaterThan(1);
    const merge = figures.perMerge[0]!;
    const changed = {
      ...figures,
      commits: 1,
      events: { ...figures.events, deletes: -1 },
      headDigest: 'x',
      perMerge: [{ ...merge, conflicts: { ...merge.conflicts, nowhere: 'same-value' } }, ...figures.perMerge.slice(1)],
    };
    expect(differencesFrom(changed, result)).toEqual([
      `commits: expected 1, got ${result.commits}`,
      `headDigest: expected "x", got "${result.headDigest}"`,
      `events.deletes: expected -1, got ${result.events.deletes}`,
      `merge ${merge.merge}, nowhere: expected "same-value", got nothing`,
    ]);
    expect(differencesFrom({ ...figures, perMerge: figures.perMerge.slice(1) }, result)).toContain(
      `merge ${merge.merge}: expected nothing, got "conflicts"`,
    );
  });

  it('parseExpected refuses what is no object', () => {
    expect(() => parseExpected('[]')).toThrow(TypeError);
    expect(() => parseExpected('{')).toThrow(SyntaxError);
  });
});
