import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterProcesses } from '../torture/cluster-processes.ts';
import { type BadPeer, GROWTH_BYTES_MAX, memoryBeside, memoryLine, pairOfReplicas } from '../torture/slow-peer.ts';

let cluster: ClusterProcesses;
beforeAll(async () => {
  cluster = await pairOfReplicas();
}, 300_000);
afterAll(() => cluster.close());

test.each<BadPeer>(['slow', 'flood'])(
  'a peer that is %s costs a replica bounded memory, and the others get everything',
  async (peer) => {
    const report = await memoryBeside(cluster, peer);
    console.log(memoryLine(report));
    expect(report.most - report.before).toBeLessThan(GROWTH_BYTES_MAX);
    expect(report.writtenBytes).toBeGreaterThan(GROWTH_BYTES_MAX);
    expect(report.hasAll).toBe(true);
  },
  400_000,
);
