import { describe, expect, it } from 'vitest';
import { REPLICA_METRICS } from '../../src/server/metrics.ts';
import { oneReplica } from './one-replica.ts';
import { json, serveNode } from './serving.ts';

/** Samples by name and labels; fails for a line that is none. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const label = '[a-z_]+="(?:[^"\\\\\\n]|\\\\.)*"';
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge))$/.test(line)) continue;
    const match = new RegExp(`^([a-z_]+(?:\\{${label}(?:,${label})*\\})?) (-?[0-9.e+-]+)$`).exec(line);
    if (match === null) throw new Error(`no sample: ${line}`);
    samples.set(match[1] ?? '', Number(match[2]));
  }
  return samples;
}

describe('metricsText', () => {
  it('metricsText is text of Prometheus: each metric with help and type, counters called total, labels escaped', async () => {
    const replica = await oneReplica('berlin', { peers: ['li"ma\\\n'] });
    const { ask } = await serveNode({ replica });
    const text = await (await ask('/metrics')).text();
    for (const { name, kind } of REPLICA_METRICS) {
      expect(text).toContain(`# TYPE ${name} ${kind}\n`);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
    }
    expect(samplesOf(text).get('cairn_peer_lag{peer="li\\"ma\\\\\\n"}')).toBe(3);
  });

  it('metricsText tells of writes, siblings, conflicts, tombstones and whom they wait for, and of requests', async () => {
    const replica = await oneReplica('berlin', { peers: ['lima'] });
    const { ask } = await serveNode({ replica });
    await ask('/v1/kv/a', json('PUT', 1));
    await ask('/v1/kv/a', json('PUT', 2, { 'cairn-context': 'none' }));
    await ask('/v1/kv/b', { method: 'DELETE' });
    await ask('/v1/kv/%ff', { method: 'BREW' });
    const samples = samplesOf(await (await ask('/metrics')).text());
    expect(Object.fromEntries(samples)).toMatchObject({
      'cairn_writes_total{kind="put"}': 2,
      'cairn_writes_total{kind="delete"}': 1,
      cairn_siblings: 2,
      cairn_conflicts: 1,
      cairn_tombstones: 1,
      'cairn_tombstones_waiting_for{member="lima"}': 1,
      cairn_reap_lag_seconds: 1.5,
      'cairn_peer_connected{peer="lima"}': 1,
      'cairn_repairs_total{kind="tombstone"}': 0,
      'cairn_http_requests_total{route="/v1/kv/{key}",method="PUT",status="200"}': 2,
      cairn_http_streams: 0,
    });
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('metricsText gathers the status at most once in a while, however often it is asked for', async () => {
    const replica = await oneReplica('berlin');
    let asked = 0;
    const { ask } = await serveNode({
      replica: {
        ...replica,
        status: () => {
          asked += 1;
          return replica.status();
        },
      },
      limits: { statusAgeMsMax: 60_000 },
    });
    for (let i = 0; i < 5; i++) await (await ask('/metrics')).text();
    await ask('/readyz');
    expect(asked).toBe(1);
  });
});
