/**
 * `npm run torture:kill -- [--kills 1000] [--seed N] [--lie early|torn|forgetful]`: kills a process that writes into two
 * LevelDB stores, reopens them in a fresh one, and checks every acknowledgement it ever gave. With a lie the storage is
 * made to break its promise, which must be noticed. Exit 1 when anything is lost, torn, reissued or wrong.
 */

import { parseArgs } from 'node:util';
import { runKills, summary } from '../test/torture/kill-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    lie: { type: 'string' },
  },
});
console.log(`seed ${values.seed}`);
const report = await runKills({
  kills: Number(values.kills),
  seed: Number(values.seed),
  ...(values.lie === undefined ? {} : { lie: values.lie }),
  onProgress: (so) => console.log(summary(so)),
});
for (const { kind, what } of report.problems) console.log(`${kind}: ${what}`);
console.log(summary(report));
process.exitCode = report.problems.length === 0 ? 0 : 1;
