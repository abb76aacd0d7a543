/**
 * Time, taken fairly: every subject does the same work once a round, in turn, so that what the machine does meanwhile
 * strikes all of them; the first rounds warm up and do not count; what is compared are medians.
 */

/** Milliseconds of each kind of work that a subject did in one round. */
export type Times<Work extends string> = Readonly<Record<Work, number>>;

/** Runs every subject once a round and gives each one's median times. */
export async function interleaved<Work extends string>(
  subjects: readonly (() => Promise<Times<Work>>)[],
  rounds: { readonly counted: number; readonly warmup: number },
): Promise<Times<Work>[]> {
  const taken: Times<Work>[][] = subjects.map(() => []);
  for (let round = -rounds.warmup; round < rounds.counted; round++) {
    for (const [at, subject] of subjects.entries()) {
      collectGarbage();
      const times = await subject();
      if (round >= 0) taken[at]?.push(times);
    }
  }
  return taken.map((rows) => {
    const works = Object.keys(rows[0] ?? {}) as Work[]; // every round gives the same works
    return Object.fromEntries(works.map((work) => [work, median(rows.map((row) => row[work]))])) as Times<Work>; // as above
  });
}

/** Milliseconds that `work` takes. */
export function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Milliseconds until what `work` promises is there. */
export async function timedAsync(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

/** Collects garbage where the process was started with `--expose-gc`; otherwise does nothing. */
export function collectGarbage(): void {
  globalThis.gc?.();
}

/** Throws unless the bench did what it says: a figure of a bench that is wrong means nothing. */
export function ensure(isRight: boolean, what: string): asserts isRight {
  if (!isRight) throw new Error(`The bench is wrong: ${what}.`);
}

/** Milliseconds of processor time that this process took, in all its threads. */
export async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
