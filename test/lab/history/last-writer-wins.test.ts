import { describe, expect, it } from 'vitest';
import type { Changes, History } from '../../../src/lab/history/git-history.ts';
import { LastWriterWins } from '../../../src/lab/history/last-writer-wins.ts';

type Step = readonly [id: string, parents: string, time: number, events: { readonly [path: string]: string | null }];

/** The losses, and what the last commit shows. */
function simulate(steps: readonly Step[]) {
  const history: History = steps.map(([id, parents, time]) => ({
    id,
    parents: [...parents],
    author: 0,
    time,
    changes: [],
  }));
  const simulation = new LastWriterWins(history);
  for (const [at, commit] of history.entries())
    simulation.commit(commit, new Map(Object.entries(steps[at]![3])) as Changes);
  const { writesDropped, deletesUndone } = simulation.losses();
  return {
    writes: [writesDropped.concurrent, writesDropped.clockSkew],
    deletes: [deletesUndone.concurrent, deletesUndone.clockSkew],
    shown: Object.fromEntries(simulation.show(steps.at(-1)![0])),
  };
}

const base: Step = ['a', '', 100, { x: '1', y: '1' }];

describe('LastWriterWins', () => {
  it('LastWriterWins loses nothing on one branch with a good clock', () => {
    expect(simulate([base, ['b', 'a', 101, { x: '2' }], ['c', 'b', 102, { y: null }]])).toEqual({
      writes: [0, 0],
      deletes: [0, 0],
      shown: { x: '2' },
    });
  });

  it('LastWriterWins drops the older of two concurrent writes, also where the merge wrote the path anew', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 101, { x: '2' }],
      ['c', 'a', 102, { x: '3' }],
      ['d', 'bc', 103, { x: '4' }],
    ];
    expect(simulate(steps)).toEqual({ writes: [1, 0], deletes: [0, 0], shown: { x: '4', y: '1' } });
  });

  it('LastWriterWins decides equal times by the greater commit id', () => {
    const steps: Step[] = [base, ['b', 'a', 101, { x: '2' }], ['c', 'a', 101, { x: '3' }], ['d', 'bc', 103, {}]];
    expect(simulate(steps).shown).toEqual({ x: '3', y: '1' });
  });

  it('LastWriterWins loses nothing where both sides wrote the same', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 101, { x: '2', y: null }],
      ['c', 'a', 102, { x: '2', y: null }],
      ['d', 'bc', 103, {}],
    ];
    expect(simulate(steps)).toEqual({ writes: [0, 0], deletes: [0, 0], shown: { x: '2' } });
  });

  it('LastWriterWins undoes a delete that an older replica beats, and drops a write that a newer delete beats', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 101, { x: null, y: '2' }],
      ['c', 'a', 102, { x: '3' }],
      ['d', 'a', 103, { y: null }],
      ['e', 'bcd', 104, {}],
    ];
    expect(simulate(steps)).toEqual({ writes: [1, 0], deletes: [1, 0], shown: { x: '3' } });
  });

  it('LastWriterWins drops at once what is not newer than its own branch holds, unless it changes nothing', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 100, { x: '2' }],
      ['c', 'b', 99, { x: '3', y: null }],
      ['d', 'c', 98, { x: '2' }],
    ];
    expect(simulate(steps)).toEqual({ writes: [0, 1], deletes: [0, 1], shown: { x: '2', y: '1' } });
  });

  it('LastWriterWins counts a version once that two merges drop', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 101, { x: '2' }],
      ['c', 'a', 102, { x: '3' }],
      ['d', 'bc', 103, {}],
      ['e', 'cb', 104, {}],
      ['f', 'de', 105, {}],
    ];
    expect(simulate(steps)).toEqual({ writes: [1, 0], deletes: [0, 0], shown: { x: '3', y: '1' } });
  });

  it('LastWriterWins does not count what the other branch had overwritten knowingly', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 101, { x: '2' }],
      ['c', 'b', 102, { x: '3' }],
      ['d', 'a', 103, { y: '2' }],
      ['e', 'bd', 104, {}],
      ['f', 'ec', 105, {}],
    ];
    expect(simulate(steps)).toEqual({ writes: [0, 0], deletes: [0, 0], shown: { x: '3', y: '2' } });
  });

  it('LastWriterWins meets all branches of an octopus merge at once', () => {
    const steps: Step[] = [
      base,
      ['b', 'a', 101, { x: '2' }],
      ['c', 'a', 103, { x: '3' }],
      ['d', 'a', 102, { x: '3' }],
      ['e', 'bcd', 104, {}],
    ];
    expect(simulate(steps)).toEqual({ writes: [1, 0], deletes: [0, 0], shown: { x: '3', y: '1' } });
  });
});
