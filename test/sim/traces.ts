/** The hashes of some runs and of some experiments, for hosts that are to agree about them: this process, another Node, a page. */

import { hashText } from '../../src/codec/hash.ts';
import { runExperiment } from '../../src/lab/experiment/experiment.ts';
import { formatResult } from '../../src/lab/experiment/result-file.ts';
import { PRESETS } from '../../src/lab/presets/presets.ts';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';

/** Which runs. `hasExperiments`: and one seed of each preset that does not take long. */
export type TraceRange = {
  readonly from: number;
  readonly count: number;
  readonly minutes: number;
  readonly hasExperiments?: boolean;
};

const LONG = ['pbs', 'ycsb-e'];

/** One line a run: its seed, the hash of its trace, the law that it broke if it did. One an experiment: of its result.json. */
export async function traces({ from, count, minutes, hasExperiments = false }: TraceRange): Promise<string[]> {
  const lines: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const { hash, violation } = await runPlan(drawPlan(seed, { minutes }));
    lines.push(`${seed} ${hash} ${violation?.law ?? 'all laws hold'}`);
  }
  for (const { name, scenario } of PRESETS) {
    if (!hasExperiments || LONG.includes(name)) continue;
    const { hi, lo } = hashText(formatResult(await runExperiment({ ...scenario, seeds: 1 })));
    lines.push(`${name} ${hi.toString(16)}${lo.toString(16)}`);
  }
  return lines;
}
