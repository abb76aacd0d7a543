/** The hashes of some runs, for hosts that are to agree about them: this process, another Node, a page. */

import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';

/** Which runs. */
export type TraceRange = { readonly from: number; readonly count: number; readonly minutes: number };

/** One line a run: its seed, the hash of its trace, the law that it broke if it did. */
export async function traces({ from, count, minutes }: TraceRange): Promise<string[]> {
  const lines: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const { hash, violation } = await runPlan(drawPlan(seed, { minutes }));
    lines.push(`${seed} ${hash} ${violation?.law ?? 'all laws hold'}`);
  }
  return lines;
}
