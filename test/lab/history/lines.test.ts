import { describe, expect, it } from 'vitest';
import type { History } from '../../../src/lab/history/git-history.ts';
import { linesOf } from '../../../src/lab/history/lines.ts';
import { randomHistory } from './history-oracle.ts';

const history = (...commits: readonly (readonly [id: string, parents: string])[]): History =>
  commits.map(([id, parents], at) => ({ id, parents: [...parents], author: 0, time: at, changes: [] }));

/** The ancestors of each commit, itself not among them. */
function ancestorsOf(commits: History): ReadonlyMap<string, ReadonlySet<string>> {
  const ancestors = new Map<string, Set<string>>();
  for (const { id, parents } of commits)
    ancestors.set(id, new Set(parents.flatMap((parent) => [parent, ...ancestors.get(parent)!])));
  return ancestors;
}

describe('linesOf', () => {
  const table: readonly (readonly [string, History, steps: readonly unknown[], replicas: number, tips: number])[] = [
    [
      'leaves one line at one replica',
      history(['a', ''], ['b', 'a'], ['c', 'b']),
      [
        [0, [], []],
        [0, [], []],
        [0, [], []],
      ],
      1,
      1,
    ],
    [
      'lets another replica take the place at a fork, and reuses it when it was merged',
      history(['a', ''], ['b', 'a'], ['c', 'a'], ['d', 'bc'], ['e', 'd'], ['f', 'd']),
      [
        [0, [], []],
        [0, [[0, 1]], []],
        [1, [], []],
        [0, [], [1]],
        [0, [[0, 1]], []],
        [1, [], []],
      ],
      2,
      2,
    ],
    [
      'keeps a place for children that are still to come at a merged line',
      history(['a', ''], ['b', 'a'], ['c', 'a'], ['d', 'bc'], ['e', 'c']),
      [
        [0, [], []],
        [0, [[0, 1]], []],
        [1, [], []],
        [0, [[1, 2]], [1]],
        [2, [], []],
      ],
      3,
      2,
    ],
    [
      'gives each root a replica that was told of nothing',
      history(['a', ''], ['b', ''], ['c', 'ab']),
      [
        [0, [], []],
        [1, [], []],
        [0, [], [1]],
      ],
      2,
      1,
    ],
  ];
  it.each(table)('linesOf %s', (_, commits, steps, replicas, tips) => {
    const lines = linesOf(commits);
    expect(
      lines.steps.map(({ replica, forks, learnsFrom }) => [
        replica,
        forks.map(({ from, to }) => [from, to]),
        learnsFrom,
      ]),
    ).toEqual(steps);
    expect(lines.replicas).toBe(replicas);
    expect(lines.tips).toHaveLength(tips);
  });

  it('linesOf lets every commit be made by a replica that was told of exactly its ancestors', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const commits = randomHistory(seed, 60);
      const ancestors = ancestorsOf(commits);
      const { steps, replicas } = linesOf(commits);
      const told = Array.from({ length: replicas }, () => new Set<string>());
      const meet = (one: number, other: number): void => {
        const both = [...told[one]!, ...told[other]!];
        for (const commit of both) for (const replica of [one, other]) told[replica]!.add(commit);
      };
      for (const { commit, replica, forks, learnsFrom } of steps) {
        for (const { from, to } of forks) {
          const before = new Set(told[from]);
          meet(from, to);
          expect(told[from], `seed ${seed}, fork at ${commit.id}`).toEqual(before);
        }
        for (const other of learnsFrom) meet(replica, other);
        expect(told[replica], `seed ${seed}, commit ${commit.id}`).toEqual(ancestors.get(commit.id));
        told[replica]!.add(commit.id);
      }
    }
  });
});
