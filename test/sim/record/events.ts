/** A trace of two replicas, small enough to be written down by hand. */

import type { TraceEvent } from '../../../src/sim/recorder.ts';

const events: readonly TraceEvent[] = [
  { at: 0, process: 'amber', what: 'start', detail: {} },
  { at: 0, process: 'birch', what: 'start', detail: {} },
  { at: 1, process: 'amber', what: 'call', detail: { client: 0, do: 'put', keys: ['k'], values: ['v1'] } },
  { at: 1.5, process: 'amber', what: 'acknowledge', detail: { client: 0, key: 'k', dot: 'amber~i1:1' } },
  { at: 2, process: 'amber', what: 'send', detail: { to: 'birch', kind: 'push', bytes: 40 }, message: 1 },
  { at: 2, process: 'amber', what: 'send', detail: { to: 'birch', kind: 'ack', bytes: 9 }, message: 2 },
  { at: 2, process: 'network', what: 'lost', detail: { why: 'loss' }, message: 2 },
  { at: 3.25, process: 'birch', what: 'receive', detail: {}, message: 1 },
  { at: 4, process: 'birch', what: 'call', detail: { client: 1, do: 'get', keys: ['k'], values: [] } },
  { at: 4, process: 'birch', what: 'get', detail: { client: 1, key: 'k', status: 'live', shown: ['amber~i1:1'] } },
  { at: 5, process: 'birch', what: 'call', detail: { client: 1, do: 'delete', keys: ['k'], values: [] } },
  { at: 6, process: 'birch', what: 'refuse', detail: { client: 1, do: 'delete', code: 'A', outcome: 'unknown' } },
  { at: 7, process: 'birch', what: 'call', detail: { client: 1, do: 'put', keys: ['k'], values: ['v2'] } },
  { at: 8, process: 'birch', what: 'refuse', detail: { client: 1, do: 'put', code: 'B', outcome: 'not-done' } },
  { at: 9, process: 'amber', what: 'call', detail: { client: 0, do: 'batch', keys: ['k', 'a'], values: ['v3', 'v4'] } },
  { at: 9, process: 'amber', what: 'acknowledge', detail: { client: 0, key: 'k', dot: 'amber~i1:2' } },
  { at: 9, process: 'amber', what: 'acknowledge', detail: { client: 0, key: 'a', dot: 'amber~i1:3' } },
  { at: 10, process: 'amber', what: 'call', detail: { client: 0, do: 'get', keys: ['a;#'], values: [] } },
  { at: 11, process: 'all', what: 'heal', detail: {} },
];

/** What happened. */
export const EVENTS: readonly TraceEvent[] = events;
