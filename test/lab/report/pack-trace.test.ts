import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/lab/cluster/trace.ts';
import { packTrace } from '../../../src/lab/report/pack-trace.ts';
import { anomaly, arrived, operation, sent, view } from './events.ts';

const run = (events: readonly TraceEvent[]) => ({
  ...{ strategy: 'cairn', seed: 1, events },
  point: { replicas: 2, r: 1, w: 1, network: 'lan' },
});

describe('packTrace', () => {
  test('packTrace joins an operation with its answer, and a message with its end', () => {
    const packed = packTrace(
      run([
        operation(1, 7),
        sent(1, 0, 1),
        sent(1, 1, 1),
        { at: 2.00049, kind: 'acknowledged', replica: 0, operation: 7 },
        arrived(3, 0, 1, view([7])),
        { at: 4, kind: 'lost', message: 1 },
      ]),
    );
    expect(packed.operations).toEqual([[7, 1, 0, 0, 0, 0, [], 0, 2, 1]]);
    expect(packed.messages).toEqual([
      ['write', 0, 0, 1, 1, 3, 0, 0],
      ['write', 0, 0, 1, 1, 4, 1, -1],
    ]);
    expect(packed.views).toEqual([[[7], [], null]]);
    expect(packed).toMatchObject({ keys: ['a'], lanes: ['replica-1', 'replica-2'], endAt: 4, workedUntil: 2 });
    expect(packed.kept).toEqual({ events: 3, eventsAll: 3, keysAll: 1, part: null });
  });

  test('packTrace writes clocks as columns, and names the lanes of clients that coordinate', () => {
    const clocked = { ...view([1]), clock: { b: 2, a: 1 } };
    const packed = packTrace(
      run([
        operation(0, 0, { replica: 2, view: { ...view([0]), clock: { c: 3 } } }),
        { ...sent(1, 0, 1), from: 2 } as TraceEvent,
        operation(2, 1, { view: clocked }),
      ]),
    );
    expect(packed.clocks).toEqual(['a', 'b', 'c']);
    expect(packed.views.map(([, , clock]) => clock)).toEqual([
      [0, 0, 3],
      [1, 2, 0],
    ]);
    expect(packed.lanes).toEqual(['replica-1', 'replica-2', 'client-1']);
  });

  test('packTrace leaves out the keys that do not fit, with their messages, and says so', () => {
    const events = [
      operation(0, 0, { key: 'quiet' }),
      sent(0, 0, 1, 'quiet'),
      operation(1, 1, { key: 'wrong' }),
      sent(1, 1, 1, 'wrong'),
      anomaly(2, 'lost', 1, 'wrong'),
    ];
    const packed = packTrace(run(events), [], 3);
    expect(packed.keys).toEqual(['wrong']);
    expect(packed.operations.map(([number]) => number)).toEqual([1]);
    expect(packed.messages).toHaveLength(1);
    expect(packed.kept).toEqual({ events: 3, eventsAll: 5, keysAll: 2, part: null });
  });

  test('packTrace knows how long a fault held, and the sides of a cut that the scenario names', () => {
    const sides = [[0], [1]];
    const packed = packTrace(
      run([
        { at: 5, kind: 'fault', what: 'cut', replicas: [0, 1], untilMs: 9 },
        { at: 6, kind: 'fault', what: 'crash', replicas: [1] },
        { at: 7, kind: 'fault', what: 'clock', replicas: [0] },
        { at: 8, kind: 'healed', what: 'crash', replicas: [1] },
      ]),
      [{ kind: 'cut', atMs: 5, forMs: 4, sides }],
    );
    expect(packed.faults).toEqual([
      ['cut', 5, 9, [0, 1], sides],
      ['crash', 6, 8, [1], []],
      ['clock', 7, -1, [0], []],
    ]);
  });
});
