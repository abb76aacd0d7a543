import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/lab/cluster/trace.ts';
import { placeAnomalies } from '../../../src/lab/report/place-anomalies.ts';
import { anomaly, arrived, operation, view } from './events.ts';

const placed = (events: readonly TraceEvent[]) => [...placeAnomalies(events).values()];

describe('placeAnomalies', () => {
  test('placeAnomalies draws a loss where the last replica ceased to show the value, with what it showed then', () => {
    const events = [
      operation(1, 7),
      arrived(2, 0, 1, view([7])),
      operation(3, 8, { replica: 2 }),
      arrived(4, 1, 0, view([8])),
      arrived(5, 2, 1, view([8])),
      anomaly(99, 'lost', 7),
    ];
    expect(placed(events)).toEqual([{ at: 5, replica: 1, instead: [8] }]);
  });

  test('placeAnomalies draws the loss of a value that was never shown where it was made', () => {
    const events = [operation(1, 7), operation(2, 8, { view: view([7]), basis: [7] }), anomaly(99, 'lost', 8)];
    expect(placed(events)).toEqual([{ at: 2, replica: 0, instead: [7] }]);
  });

  test('placeAnomalies does not take a value for gone that came back', () => {
    const events = [
      operation(1, 7),
      arrived(2, 0, 0, view([])),
      arrived(3, 1, 1, view([7])),
      arrived(4, 2, 1, view([9])),
      anomaly(99, 'lost', 7),
    ];
    expect(placed(events)).toEqual([{ at: 4, replica: 1, instead: [9] }]);
    // It was never seen to go again: then it is drawn where it was made.
    const back = events.filter(({ at }) => at !== 4);
    expect(placed(back)).toEqual([{ at: 1, replica: 0, instead: [] }]);
  });

  test('placeAnomalies follows exchanges on both sides, and replicas that lost their disk', () => {
    const exchange = (at: number, mine: number, theirs: number): TraceEvent => ({
      ...{ at, kind: 'exchange', replica: 0, peer: 1, records: 1 },
      changed: [{ key: 'a', view: view([mine]), peerView: view([theirs]) }],
    });
    expect(placed([operation(1, 7), exchange(2, 7, 7), exchange(3, 8, 8), anomaly(9, 'lost', 7)])).toEqual([
      { at: 3, replica: 1, instead: [8] },
    ]);
    const forgets: TraceEvent = { at: 4, kind: 'fault', what: 'forget', replicas: [0] };
    expect(placed([operation(1, 7), forgets, anomaly(9, 'lost', 7)])).toEqual([{ at: 4, replica: 0, instead: [] }]);
  });

  test('placeAnomalies draws what a read showed at that read, and the rest where the operation was made', () => {
    const read: TraceEvent = { at: 5, kind: 'read', replica: 3, client: 0, key: 'a', view: view([6]) };
    const events = [operation(1, 7, { replica: 2 }), anomaly(5, 'hidden', 7), read, anomaly(9, 'diverged', 7)];
    expect(placed(events)).toEqual([
      { at: 5, replica: 3, instead: [6] },
      { at: 9, replica: 2, instead: [] },
    ]);
  });
});
