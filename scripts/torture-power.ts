/**
 * `npm run torture:power -- [--images 20000] [--seed N]`: images of media after a power cut, simulated under the storage
 * port and real LevelDB directories with cut logs; each is opened, checked, written to and brought together with a
 * healthy peer. Prints what was opened by kind; exit 1 when an image does not hold what callers had been told.
 */

import { parseArgs } from 'node:util';
import { runLevelPower } from '../test/torture/level-images.ts';
import { type PowerReport, runPower, total } from '../test/torture/power-images.ts';

const LEVEL_SHARE = 0.2;

const { values } = parseArgs({
  options: { images: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const start = performance.now();
const seconds = (): string => ((performance.now() - start) / 1_000).toFixed(0);
const [seed, images] = [Number(values.seed), Number(values.images)];
const ofLevel = Math.floor(images * LEVEL_SHARE);
const tell = (so: PowerReport): void =>
  console.log(`${seconds().padStart(4)} s ${total(so)} images, ${so.problems.length} problems`);
let told = 0;
const report = await runPower(seed, images - ofLevel, (so) => {
  if (total(so) - told >= 1_000) {
    told = total(so);
    tell(so);
  }
});
for (let more = seed; total(report) < images && report.problems.length === 0; more += 1) {
  await runLevelPower(more, images - total(report), report);
  tell(report);
}
for (const [kind, count] of report.images) console.log(`${kind.padEnd(28)} ${count}`);
for (const problem of report.problems) console.log(problem);
process.exitCode = report.problems.length === 0 ? 0 : 1;
