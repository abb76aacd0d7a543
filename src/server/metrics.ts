/**
 * Figures for Prometheus, in its text format (version 0.0.4): what the replica counts, what HTTP was asked, how the
 * process is. Names and help are data; labels are escaped, because a member may be called anything.
 */

import type { PeerStatus, ReplicaStatus } from '../replica/replica-types.ts';

/** What the host knows of its process, as name and number. */
export type ProcessFigures = {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly cpuSeconds: number;
  readonly uptimeSeconds: number;
  readonly eventLoopLagSeconds?: number;
};

/** Requests answered, by route, method and status. */
export type RequestCount = {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly count: number;
};

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];
type Metric = {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly of: (status: ReplicaStatus) => readonly Sample[];
};

const one = (value: number): readonly Sample[] => [[{}, value]];

/** What is told of a replica. */
export const REPLICA_METRICS: readonly Metric[] = [
  {
    name: 'cairn_writes_total',
    kind: 'counter',
    help: 'Writes taken from clients.',
    of: ({ counters }) => [
      [{ kind: 'put' }, counters.puts],
      [{ kind: 'delete' }, counters.deletes],
    ],
  },
  { name: 'cairn_reads_total', kind: 'counter', help: 'Reads of clients.', of: (s) => one(s.counters.gets) },
  {
    name: 'cairn_quorum_failures_total',
    kind: 'counter',
    help: 'Calls for which too few replicas answered in time.',
    of: (s) => one(s.counters.quorumFailures),
  },
  {
    name: 'cairn_keys',
    kind: 'gauge',
    help: 'Keys that hold at least one version, by what they show.',
    of: ({ stats }) => [
      [{ shows: 'live' }, stats.live],
      [{ shows: 'conflict' }, stats.conflicts],
      [{ shows: 'deleted' }, stats.tombstones],
    ],
  },
  { name: 'cairn_conflicts', kind: 'gauge', help: 'Keys in conflict.', of: (s) => one(s.stats.conflicts) },
  {
    name: 'cairn_siblings',
    kind: 'gauge',
    help: 'Versions of keys that hold several.',
    of: (s) => one(s.stats.siblings),
  },
  {
    name: 'cairn_residuals',
    kind: 'gauge',
    help: 'Keys whose context knows more than the replica has seen.',
    of: (s) => one(s.stats.residuals),
  },
  {
    name: 'cairn_tombstones',
    kind: 'gauge',
    help: 'Keys that hold only tombstones and wait to be reaped.',
    of: (s) => one(s.tombstones.waiting),
  },
  {
    name: 'cairn_tombstones_waiting_for',
    kind: 'gauge',
    help: 'Tombstones that a member is not known to have seen.',
    of: ({ tombstones }) => Object.entries(tombstones.waitingFor).map(([member, count]): Sample => [{ member }, count]),
  },
  {
    name: 'cairn_reap_lag_seconds',
    kind: 'gauge',
    help: 'Age of the oldest tombstone that waits.',
    of: (s) => one(s.reapLagMs / 1_000),
  },
  {
    name: 'cairn_reaped_total',
    kind: 'counter',
    help: 'Tombstones reaped, because every member had seen them or by force.',
    of: ({ stats }) => [
      [{ by: 'stability' }, stats.reaped],
      [{ by: 'force' }, stats.reapedByForce],
    ],
  },
  {
    name: 'cairn_collisions_total',
    kind: 'counter',
    help: 'Dots found in use for two writes: an identity is used twice.',
    of: (s) => one(s.stats.collisions),
  },
  {
    name: 'cairn_repairs_total',
    kind: 'counter',
    help: 'Reads that found a replica behind and repaired it, by what was brought.',
    of: ({ counters }) => [
      [{ kind: 'value' }, counters.repairedWithValue],
      [{ kind: 'tombstone' }, counters.repairedWithTombstone],
      [{ kind: 'dropped' }, counters.repairedByDropping],
    ],
  },
  { name: 'cairn_hints', kind: 'gauge', help: 'Writes kept for absent replicas.', of: (s) => one(s.counters.hints) },
  {
    name: 'cairn_hints_total',
    kind: 'counter',
    help: 'Hints, by what became of them.',
    of: ({ counters }) => [
      [{ event: 'kept' }, counters.hintsKept],
      [{ event: 'delivered' }, counters.hintsDelivered],
      [{ event: 'expired' }, counters.hintsExpired],
      [{ event: 'dropped' }, counters.hintsDropped],
    ],
  },
  {
    name: 'cairn_exchanges_total',
    kind: 'counter',
    help: 'Exchanges with peers, by how they ended.',
    of: ({ counters }) => [
      [{ end: 'done' }, counters.exchanges],
      [{ end: 'failed' }, counters.exchangesFailed],
    ],
  },
  {
    name: 'cairn_exchange_records_total',
    kind: 'counter',
    help: 'Records that exchanges carried.',
    of: ({ counters }) => [
      [{ direction: 'sent' }, counters.exchangeRecordsSent],
      [{ direction: 'received' }, counters.exchangeRecordsReceived],
    ],
  },
  {
    name: 'cairn_pushes_total',
    kind: 'counter',
    help: 'Writes pushed to and from peers as they were made.',
    of: ({ counters }) => [
      [{ event: 'sent' }, counters.pushesSent],
      [{ event: 'received' }, counters.pushesReceived],
      [{ event: 'refused' }, counters.pushesRefused],
    ],
  },
  {
    name: 'cairn_link_bytes_total',
    kind: 'counter',
    help: 'Bytes on links to peers.',
    of: ({ counters }) => [
      [{ direction: 'sent' }, counters.bytesSent],
      [{ direction: 'received' }, counters.bytesReceived],
    ],
  },
  {
    name: 'cairn_sessions_behind_total',
    kind: 'counter',
    help: 'Calls of sessions that had seen more than this replica.',
    of: (s) => one(s.counters.sessionsBehind),
  },
  {
    name: 'cairn_peer_lag',
    kind: 'gauge',
    help: 'Writes seen here that the peer is not known to have.',
    of: ({ peers }) => peers.map(({ name, lag }): Sample => [{ peer: name }, lag]),
  },
  {
    name: 'cairn_peer_connected',
    kind: 'gauge',
    help: 'Whether a link to the peer is open.',
    of: ({ peers }) => peers.map((peer): Sample => [{ peer: peer.name }, isConnected(peer) ? 1 : 0]),
  },
  {
    name: 'cairn_ready',
    kind: 'gauge',
    help: 'Whether the replica has caught up since it was opened.',
    of: (s) => one(s.isReady ? 1 : 0),
  },
];

/** The whole page. */
export function metricsText(
  status: ReplicaStatus,
  requests: readonly RequestCount[],
  streams: number,
  figures: ProcessFigures | undefined,
): string {
  const lines = REPLICA_METRICS.flatMap(({ name, kind, help, of }) => linesOf(name, kind, help, of(status)));
  lines.push(
    ...linesOf(
      ...(['cairn_http_requests_total', 'counter', 'HTTP requests answered.'] as const),
      requests.map(({ route, method, status: code, count }): Sample => [{ route, method, status: code }, count]),
    ),
    ...linesOf('cairn_http_streams', 'gauge', 'Streams of changes that are open.', one(streams)),
  );
  if (figures !== undefined) lines.push(...processLines(figures));
  return `${lines.join('\n')}\n`;
}

function processLines(figures: ProcessFigures): readonly string[] {
  const { residentBytes, heapBytes, cpuSeconds, uptimeSeconds, eventLoopLagSeconds } = figures;
  return [
    ...linesOf('process_resident_memory_bytes', 'gauge', 'Resident memory.', one(residentBytes)),
    ...linesOf('process_heap_bytes', 'gauge', 'Heap in use.', one(heapBytes)),
    ...linesOf('process_cpu_seconds_total', 'counter', 'Time of the processor used.', one(cpuSeconds)),
    ...linesOf('process_uptime_seconds', 'gauge', 'Since the process was started.', one(uptimeSeconds)),
    ...(eventLoopLagSeconds === undefined
      ? []
      : linesOf(
          'process_event_loop_lag_seconds',
          'gauge',
          'How late timers are, at the 99th percentile.',
          one(eventLoopLagSeconds),
        )),
  ];
}

function linesOf(name: string, kind: string, help: string, samples: readonly Sample[]): readonly string[] {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`];
  for (const [labels, value] of samples) {
    const shown = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`);
    lines.push(`${name}${shown.length === 0 ? '' : `{${shown.join(',')}}`} ${value}`);
  }
  return lines;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function isConnected({ state }: PeerStatus): boolean {
  return state === 'connected';
}
