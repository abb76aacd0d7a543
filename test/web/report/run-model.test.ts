import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/lab/cluster/trace.ts';
import { packTrace } from '../../../src/lab/report/pack-trace.ts';
import {
  anomaliesByKey,
  causalPast,
  firstLoss,
  isShown,
  type Layer,
  openRun,
  type Run,
} from '../../../src/web/report/run-model.ts';
import { anomaly, arrived, operation, sent, view } from '../../lab/report/events.ts';

function runOf(events: readonly TraceEvent[], limit?: number): Run {
  const trace = { strategy: 'cairn', seed: 1, point: { replicas: 3, r: 1, w: 1, network: 'lan' }, events };
  return openRun(packTrace(trace, [], limit));
}

const EVENTS: readonly TraceEvent[] = [
  operation(1, 0),
  operation(2, 1, { basis: [0] }),
  sent(2, 0, 1),
  operation(3, 2, { basis: [0], replica: 1 }),
  arrived(4, 0, 1, view([1, 2])),
  operation(5, 3, { basis: [1, 2], replica: 1 }),
  operation(6, 4, { key: 'b' }),
  anomaly(7, 'hidden', 1),
  anomaly(8, 'undone', 4, 'b'),
  anomaly(9, 'hidden', 2),
];

describe('causalPast', () => {
  const past = (number: number) => causalPast(runOf(EVENTS), number).map((one) => one.number);

  test('causalPast follows every basis, newest first, each once', () => {
    expect(past(3)).toEqual([2, 1, 0]);
    expect(past(1)).toEqual([0]);
    expect(past(0)).toEqual([]);
    expect(past(99)).toEqual([]);
  });

  test('causalPast passes over what is not drawn', () => {
    expect(causalPast(runOf([operation(1, 9, { basis: [8] })]), 9)).toEqual([]);
  });
});

describe('openRun', () => {
  test('openRun puts all marks in order of time and knows what was based on what', () => {
    const { marks, heirs, operations } = runOf(EVENTS);
    expect(marks.map(({ at }) => at)).toEqual([1, 2, 2, 3, 5, 6, 7, 8, 9]);
    expect(heirs.get(0)).toEqual([1, 2]);
    expect(operations.get(3)).toMatchObject({ lane: 1, basis: [1, 2] });
  });

  test('firstLoss prefers what was lost, then what was undone', () => {
    expect(firstLoss(runOf(EVENTS))).toMatchObject({ what: 'undone' });
    expect(firstLoss(runOf([...EVENTS, anomaly(99, 'lost', 2)]))).toMatchObject({ what: 'lost', operation: 2 });
    expect(firstLoss(runOf(EVENTS.slice(0, 8)))).toMatchObject({ what: 'hidden' });
    expect(firstLoss(runOf([operation(1, 0)]))).toBe(undefined);
  });

  test('anomaliesByKey counts them', () => {
    const run = runOf(EVENTS);
    expect(anomaliesByKey(run).map((count, at) => [run.packed.keys[at], count])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});

describe('isShown', () => {
  const shown = (key: string, layers: readonly Layer[], events = EVENTS): readonly string[] => {
    const run = runOf(events);
    const at = run.packed.keys.indexOf(key);
    return run.marks.filter((mark) => isShown(mark, at, new Set(layers))).map(({ kind }) => kind);
  };

  test('isShown filters by key, and by layers what is no operation or anomaly', () => {
    expect(shown('b', ['writes'])).toEqual(['operation', 'anomaly']);
    expect(shown('a', ['writes']).filter((kind) => kind === 'message')).toHaveLength(1);
    expect(shown('a', []).filter((kind) => kind === 'message')).toHaveLength(0);
    expect(shown('', ['writes'])).toHaveLength(9);
  });

  test('isShown keeps faults, and a reaping that names no key, whatever key is shown', () => {
    const events: readonly TraceEvent[] = [
      ...EVENTS,
      { at: 10, kind: 'fault', what: 'clock', replicas: [0] },
      { at: 11, kind: 'tidied', replica: 0, keys: [] },
      { at: 12, kind: 'tidied', replica: 0, keys: ['a'] },
    ];
    expect(shown('b', ['reaping'], events)).toEqual(['operation', 'anomaly', 'fault', 'tidied']);
  });
});
