import { describe, expect, test } from 'vitest';
import { keysOf, thinTrace } from '../../../src/lab/report/thin-trace.ts';
import { anomaly, operation, sent } from './events.ts';

describe('thinTrace', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((key, at) =>
    Array.from({ length: 5 }, (_, n) => operation(10 * n + at, 10 * at + n, { key })),
  );
  const events = [...(a ?? []), ...(b ?? []), ...(c ?? [])].sort((one, other) => one.at - other.at);

  test('thinTrace keeps every key of a run that fits', () => {
    expect(thinTrace(events, 15)).toEqual({ keys: ['a', 'b', 'c'], keysAll: 3, part: undefined });
  });

  test('thinTrace keeps whole keys, those with anomalies first and in their order', () => {
    const wrong = [...events, anomaly(50, 'lost', 22, 'c'), anomaly(51, 'lost', 12, 'b')];
    expect(thinTrace(wrong, 12)).toEqual({ keys: ['c', 'b'], keysAll: 3, part: undefined });
    expect(thinTrace(wrong, 7).keys).toEqual(['c']);
  });

  test('thinTrace passes over a key that is too long for one that fits', () => {
    const long = Array.from({ length: 9 }, (_, at) => sent(100 + at, at, 1, 'a'));
    expect(thinTrace([...events, ...long], 11).keys).toEqual(['b', 'c']);
  });

  test('thinTrace keeps a key that alone is too long around its first anomaly', () => {
    const long = Array.from({ length: 1_000 }, (_, at) => operation(at, at));
    const { keys, part } = thinTrace(
      [...long, anomaly(600, 'hidden', 600)].sort((x, y) => x.at - y.at),
      100,
    );
    expect(keys).toEqual(['a']);
    expect(part).toMatchObject({ key: 'a' });
    expect(part?.from).toBeGreaterThan(500);
    expect(part?.from).toBeLessThan(600);
    expect(part?.to).toBeGreaterThan(600);
    expect((part?.to ?? 0) - (part?.from ?? 0)).toBeLessThanOrEqual(100);
  });

  test('thinTrace gives no key of a run without any', () => {
    expect(thinTrace([], 10)).toEqual({ keys: [], keysAll: 0, part: undefined });
  });
});

describe('keysOf', () => {
  test('keysOf names the keys that an exchange changed, and none for what only ends something', () => {
    const shown = { live: [], deleted: [] };
    const changed = ['x', 'y'].map((key) => ({ key, view: shown, peerView: shown }));
    expect(keysOf({ at: 0, kind: 'exchange', replica: 0, peer: 1, records: 2, changed })).toEqual(['x', 'y']);
    expect(keysOf({ at: 0, kind: 'lost', message: 3 })).toEqual([]);
  });
});
