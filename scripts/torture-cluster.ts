/**
 * `npm run torture:cluster -- [--seconds 600] [--seed N] [--rounds kill,cut,…] [--json]`: three `cairn serve` processes on
 * loopback that are killed, cut off, put behind a bad network and kept away while clients write to all of them; then every
 * acknowledgement is held against what the replicas show. Exit 1 when anything is lost, back, or in a conflict that is none.
 * `-- --only slow-peer`: what a peer that reads nothing, and one that floods, cost a replica and its other peers.
 */

import { parseArgs } from 'node:util';
import type { ClusterProcesses } from '../test/torture/cluster-processes.ts';
import { clusterLine, clusterTable, ROUND_KINDS } from '../test/torture/cluster-report.ts';
import { runCluster } from '../test/torture/cluster-run.ts';

import {
  type BadPeer,
  type BadPeerReport,
  GROWTH_BYTES_MAX,
  memoryBeside,
  memoryLine,
  type PropagationReport,
  pairOfReplicas,
  propagationBeside,
  propagationLine,
} from '../test/torture/slow-peer.ts';

/** How much later writes may reach others beside a bad peer, at the 99th percentile. */
const RATIO_MAX = 2;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    rounds: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const tell = (text: string): void => {
  if (!values.json) console.log(text);
};
process.exitCode = (await (values.only === 'slow-peer' ? badPeers() : torture())) ? 0 : 1;

/** Whether nothing was wrong. */
async function torture(): Promise<boolean> {
  const wanted = values.rounds?.split(',');
  const kinds = wanted === undefined ? ROUND_KINDS : ROUND_KINDS.filter((kind) => wanted.includes(kind));
  if (kinds.length === 0) throw new Error(`Cannot torture: rounds are ${ROUND_KINDS.join(', ')}`);
  tell(`seed ${values.seed}`);
  const report = await runCluster({
    ...{ seconds: Number(values.seconds), seed: Number(values.seed), kinds },
    onRound: (so) => tell(clusterLine(so)),
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : clusterTable(report));
  if (report.violations.length === 0) return true;
  const rounds = wanted === undefined ? '' : ` --rounds '${values.rounds}'`;
  tell(`The same faults again: npm run torture:cluster -- --seconds ${values.seconds} --seed ${values.seed}${rounds}`);
  return false;
}

/** Whether memory and times stayed within their bounds. */
async function badPeers(): Promise<boolean> {
  const peers: readonly BadPeer[] = ['slow', 'flood'];
  const [memory, propagation]: [BadPeerReport[], PropagationReport[]] = [[], []];
  const withPair = async (run: (cluster: ClusterProcesses) => Promise<void>): Promise<void> => {
    const cluster = await pairOfReplicas();
    try {
      await run(cluster);
    } finally {
      await cluster.close();
    }
  };
  const floods: readonly BadPeer[] = ['asks', 'pings', 'gives', 'writes'];
  for (const peer of [...peers, ...floods]) {
    await withPair(async (cluster) => {
      propagation.push(await propagationBeside(cluster, peer));
      tell(propagationLine(propagation.at(-1) as PropagationReport)); // just pushed
    });
    if (!peers.includes(peer)) continue;
    await withPair(async (cluster) => {
      memory.push(await memoryBeside(cluster, peer));
      tell(memoryLine(memory.at(-1) as BadPeerReport)); // just pushed
    });
  }
  if (values.json) console.log(JSON.stringify({ memory, propagation }, null, 2));
  const isFlat = memory.every(({ before, most, hasAll }) => most - before < GROWTH_BYTES_MAX && hasAll);
  return isFlat && propagation.every(({ ratio }) => ratio <= RATIO_MAX);
}
