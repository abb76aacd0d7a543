import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/lab/cluster/trace.ts';
import { packTrace } from '../../../src/lab/report/pack-trace.ts';
import { openRun, type Run } from '../../../src/web/report/run-model.ts';
import { ANOMALY_KINDS, ANOMALY_WORDS, anomalyStory, leftOut, titleOf } from '../../../src/web/report/story.ts';
import { anomaly, arrived, operation, sent, view } from '../../lab/report/events.ts';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

function runOf(events: readonly TraceEvent[], limit?: number): Run {
  const trace = { strategy: 'cairn', seed: 1, point: { replicas: 3, r: 1, w: 1, network: 'lan' }, events };
  return openRun(packTrace(trace, [], limit));
}

function storyOf(events: readonly TraceEvent[]): string {
  const run = runOf(events);
  const [mark] = run.anomalies;
  return mark === undefined ? '' : plain(anomalyStory(run, mark));
}

describe('anomalyStory', () => {
  test('anomalyStory of a loss says who let go of the value when, and for what', () => {
    const events = [
      operation(1, 7),
      operation(2, 8, { replica: 1 }),
      arrived(3, 0, 0, view([8])),
      anomaly(9, 'lost', 7),
    ];
    expect(storyOf(events)).toBe(
      'Write 7 was last shown by replica-1, until 3 ms, when it showed write 8 instead. Neither was based on the other. In the end no replica showed it, although it had been acknowledged and nobody had overwritten it.',
    );
  });

  test('anomalyStory says when a value was never shown, and when an older one stayed', () => {
    const events = [operation(1, 7), operation(2, 8, { view: view([7]), basis: [7] }), anomaly(9, 'lost', 8)];
    expect(storyOf(events)).toContain(
      'Write 8 was not shown even where it was made: replica-1 still showed write 7, which it had overwritten.',
    );
  });

  test('anomalyStory says when an older value came back in the place of a newer one', () => {
    const events = [
      operation(1, 7),
      operation(2, 8, { basis: [7] }),
      arrived(3, 0, 0, view([7])),
      anomaly(9, 'lost', 8),
    ];
    expect(storyOf(events)).toContain('until 3 ms, when it showed write 7 instead, on which it was based. In the end');
  });

  test('anomalyStory has words for every kind', () => {
    const events = ANOMALY_KINDS.map((kind, at) => anomaly(10 + at, kind, 7));
    const run = runOf([operation(1, 7), ...events]);
    const stories = run.anomalies.map((mark) => anomalyStory(run, mark));
    expect(new Set(stories).size).toBe(ANOMALY_KINDS.length);
    expect(Object.keys(ANOMALY_WORDS).sort()).toEqual([...ANOMALY_KINDS].sort());
  });
});

describe('titleOf', () => {
  test('titleOf names each kind of mark', () => {
    const shown = view([7]);
    const run = runOf([
      operation(1, 7),
      operation(2, 8, { isDelete: true }),
      sent(3, 0, 1),
      { at: 4, kind: 'read', replica: 0, client: 0, key: 'a', view: shown },
      { at: 5, kind: 'exchange', replica: 0, peer: 2, records: 0, changed: [] },
      { at: 6, kind: 'tidied', replica: 1, keys: [] },
      { at: 7, kind: 'fault', what: 'away', replicas: [2], untilMs: 8 },
      { at: 8, kind: 'fault', what: 'cut', replicas: [0, 2], untilMs: 9 },
      { at: 9, kind: 'lost', message: 0 },
      anomaly(10, 'undone', 8),
    ]);
    expect(run.marks.map((mark) => titleOf(run, mark))).toEqual([
      'Write 7 of a',
      'Delete 8 of a',
      'Message: a write · a, lost on its way',
      'Read of a',
      'Exchange of replica-1 and replica-3',
      'replica-2 reaps tombstones',
      'replica-3 is away',
      'Cut among replica-1 and replica-3',
      'Delete undone: delete 8 of a',
    ]);
  });
});

describe('leftOut', () => {
  const events = [operation(1, 0, { key: 'x' }), operation(2, 1, { key: 'y' }), operation(3, 2, { key: 'y' })];

  test('leftOut is silent about a run that is all there', () => {
    expect(leftOut(runOf(events))).toBe(undefined);
  });

  test('leftOut says how much of how many keys is drawn', () => {
    expect(leftOut(runOf(events, 1))).toBe(
      'Drawn: 1 event of 3: the whole histories of 1 key, those with anomalies first. 1 other key is left out to keep this page small.',
    );
  });

  test('leftOut says so when one key is drawn in part', () => {
    const long = Array.from({ length: 50 }, (_, at) => operation(at, at));
    expect(plain(leftOut(runOf(long, 10)) ?? '')).toContain('of one key (a) from 0 ms to 9 ms');
  });
});
