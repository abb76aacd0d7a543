/** The rooms that `npm run mutate` breaks, and for each the tests that have to notice: quick ones, so that a mutant costs a second. */

/** The tests of each room: those of a folder, without the folders in it, or one file. */
export const TESTS = {
  clock: ['test/clock', 'test/testkit/laws.cairn.test.ts'],
  codec: ['test/codec'],
  store: ['test/store', 'test/regressions', 'scripts/mutate/schedules.test.ts'],
  repair: ['test/repair', 'test/regressions', 'scripts/mutate/schedules.test.ts'],
} as const;

/** A room that is broken: its files are those of `src/⟨room⟩/`, without the folders in it. */
export type Room = keyof typeof TESTS;

/** Whether a room of this name is broken. */
export function isRoom(name: string): name is Room {
  return Object.hasOwn(TESTS, name);
}
