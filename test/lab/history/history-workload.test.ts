import { describe, expect, test } from 'vitest';
import type { Commit } from '../../../src/lab/history/git-history.ts';
import { historyWorkload } from '../../../src/lab/history/history-workload.ts';

const commit = (
  id: string,
  hour: number,
  author: number,
  changes: Record<string, string | null>,
  parents = ['r'],
): Commit => ({
  ...{ id, parents, author, time: hour * 3_600 },
  changes: (parents.length === 0 ? [''] : parents).map(() => new Map(Object.entries(changes))),
});

const PACE = { clients: 2, msPerHour: 100, gapMsMax: 500 };

describe('historyWorkload', () => {
  test('historyWorkload: each author is a client, each path a key, at the pace of the history', () => {
    const history = [
      commit('r', 10, 0, { a: '1', b: '1' }, []),
      commit('s', 12, 3, { a: null }),
      commit('t', 11, 1, { b: '2' }),
      commit('m', 13, 0, { c: '9' }, ['s', 't']),
      commit('u', 99, 2, { a: '3' }, ['m']),
    ];
    expect(historyWorkload(history, PACE)).toEqual({
      kind: 'script',
      steps: [
        { atMs: 0, client: 0, do: 'put', key: 'a' },
        { atMs: 0, client: 0, do: 'put', key: 'b' },
        { atMs: 200, client: 1, do: 'delete', key: 'a' },
        { atMs: 200, client: 1, do: 'put', key: 'b' },
        { atMs: 800, client: 0, do: 'put', key: 'a' },
      ],
    });
  });

  test('historyWorkload: of an empty history nothing', () =>
    expect(historyWorkload([], PACE)).toEqual({ kind: 'script', steps: [] }));
});
