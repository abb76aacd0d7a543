/**
 * `npm run bench -- [--small] [--only PART] [--json]`: every bench of the project against its baseline, measured in the
 * same run, with floor and aim beside each figure. Misses are said, and are no failure of the command.
 */

import { parseArgs } from 'node:util';
import { benchBundle } from './bundle.ts';
import { benchClock } from './clock.ts';
import { benchExchange } from './exchange.ts';
import { benchMemory } from './memory.ts';
import { type BenchResult, type Figure, formatSummary, formatTable, PARTS, type Part } from './report.ts';
import { benchStore } from './store.ts';

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { small, json, only } = values;
const parts = PARTS.filter((part) => only === undefined || part === only);
if (parts.length === 0) throw new RangeError(`Cannot run "${only}": the parts are ${PARTS.join(', ')}`);

const BENCHES: Readonly<Record<Part, () => Promise<Figure[]> | Figure[]>> = {
  clock: () =>
    benchClock({ small }).rows.map(({ name, entries, cairnNs, baselineNs, ratio }) => ({
      part: 'clock',
      name: `VectorClock ${name}, ${entries} entries, against sorted arrays`,
      value: ratio,
      unit: 'times',
      ...(name === 'increment' ? {} : { floor: 2, aim: 1.1 }),
      note: `${cairnNs.toFixed(1)} ns, arrays ${baselineNs.toFixed(1)} ns`,
    })),
  store: () => benchStore({ small }),
  memory: () => benchMemory({ small, isolated: true }),
  exchange: () => benchExchange({ small }),
  bundle: () => benchBundle(),
};

const figures: Figure[] = [];
for (const part of parts) {
  const own = await BENCHES[part]();
  figures.push(...own);
  if (!json) console.log(`${formatTable(own)}\n`);
}
const result: BenchResult = { node: process.version, platform: `${process.platform} ${process.arch}`, small, figures };
console.log(json ? JSON.stringify(result, undefined, 2) : formatSummary(figures));
