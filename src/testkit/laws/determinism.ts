/** L25: the same seed gives the same run. */

import fc from 'fast-check';
import { checkLawAsync, demand, type LawParameters } from './check.ts';

/** L25: `run` gives the same trace twice for the same seed, whatever ran between. `trace` is any text: all that happened, or its hash. Throws: LawBroken. */
export async function determinism(
  run: (seed: number) => string | Promise<string>,
  parameters?: LawParameters,
): Promise<void> {
  const holds = async (seed: number): Promise<void> => {
    const first = await run(seed);
    await run(seed + 1);
    const second = await run(seed);
    if (first === second) return;
    let at = 0;
    while (first[at] === second[at]) at++;
    const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40));
    demand(false, `two runs of seed ${seed} differ from character ${at}: ${around(first)} and ${around(second)}`);
  };
  await checkLawAsync('L25 determinism', fc.nat(), holds, { numRuns: 20, ...parameters });
}
