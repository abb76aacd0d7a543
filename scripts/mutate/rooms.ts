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

/** What the processes that run the tests are told. */
export type Wanted = {
  /** Files, or folders without those in them. */
  readonly tests: readonly string[];
  /** Every how many mutants one is tried. */
  readonly sample: number;
  /** How many cases a property gets that has 100 to 1,000. */
  readonly runs: number;
  /** The tests that are not run: what their names match. */
  readonly leaveOut?: string | undefined;
  /** The tests that are not run: what takes longer with nothing broken. */
  readonly quickMs: number;
};

/** Whether a room of this name is broken. */
export function isRoom(name: string): name is Room {
  return Object.hasOwn(TESTS, name);
}
