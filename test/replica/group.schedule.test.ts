import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEED } from '../store/replicas.ts';
import { groupSchedules, type Met, playGroup } from './group-world.ts';

/** A failing run prints its seed, its path and the schedule it was shrunk to. */
test.each([
  [3, 400],
  [5, 250],
])('groups of %i: random schedules of reads, writes, cuts and late answers break no law', async (n, numRuns) => {
  const met: Met = {};
  await fc.assert(
    fc.asyncProperty(groupSchedules(n), (schedule) => playGroup(schedule, met)),
    { seed: Number(process.env['GROUP_SEED'] ?? SEED), numRuns: Number(process.env['GROUP_RUNS'] ?? numRuns) },
  );
  const wanted = [
    ...['acknowledged', 'seen', 'moved', 'QUORUM_NOT_MET', 'QUORUM_NOT_MET not-done', 'QUORUM_NOT_MET unknown'],
    ...['BEHIND not-done', 'repairedWithValue', 'repairedWithTombstone', 'hintsKept', 'hintsDelivered'],
  ];
  expect(wanted.filter((what) => (met[what] ?? 0) === 0)).toEqual([]);
});
