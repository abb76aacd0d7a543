import { describe, expect, test } from 'vitest';
import { refusalOf } from '../store/replicas.ts';
import { Cluster } from './fake-peers.ts';
import { NAMES } from './three.ts';

describe('openGroup', () => {
  test.each([
    [{ n: 2 }, 'RangeError'],
    [{ n: 0 }, 'RangeError'],
    [{ r: 0 }, 'RangeError'],
    [{ r: 4 }, 'RangeError'],
    [{ w: 1.5 }, 'RangeError'],
    [{ w: 4 }, 'RangeError'],
    [{ timeoutMs: -1 }, 'RangeError'],
    [{ timeoutMs: Number.NaN }, 'RangeError'],
    [{ n: 3, r: 3, w: 3 }, 'accepted'],
    [{ n: 2, r: 2, w: 2, members: ['a', 'b'] }, 'accepted'],
  ] as const)('openGroup with %j is %s', async (group, outcome) => {
    const cluster = new Cluster<string>();
    expect(await refusalOf(() => cluster.open('a', { group, store: { members: NAMES } }))).toBe(outcome);
  });

  test('openGroup says what is wrong about N', async () => {
    const cluster = new Cluster<string>();
    const open = cluster.open('a', { group: { n: 5 }, store: { members: NAMES } });
    await expect(open).rejects.toThrow('Cannot use "5" as N: it is not the number of the members a, b, c');
  });
});
