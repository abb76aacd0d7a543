import { describe, expect, test } from 'vitest';
import type { Dot } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ClusterLedger, type ClusterState, type Held } from './cluster-ledger.ts';

const a1: Dot = { id: 'a', counter: 1 };
const b1: Dot = { id: 'b', counter: 1 };
const c1: Dot = { id: 'c', counter: 1 };
const ALL = DotSet.of([a1, b1, c1]);
const nothing = { covers: DotSet.empty, shown: [] };
const onA1 = { covers: DotSet.of([a1]), shown: [a1] };

/** Each op is a dot with its number; a tombstone has none. */
function state(held: readonly Held[], seen: DotSet = ALL): ClusterState {
  return { seen, keys: new Map(held.length === 0 ? [] : [['k', held]]) };
}

function kindsOf(ledger: ClusterLedger, ...states: readonly ClusterState[]): string[] {
  return ledger.violations(new Map(states.map((one, at) => [`r${at}`, one]))).map(({ kind }) => kind);
}

/** Op 1 is a1, on nothing. */
function written(): ClusterLedger {
  const ledger = new ClusterLedger();
  ledger.issue(1, 'k', false, nothing, 'c0');
  expect(ledger.ack(1, a1)).toBeUndefined();
  return ledger;
}

/** And op 2 is b1, on a1. */
function replaced(isDelete = false): ClusterLedger {
  const ledger = written();
  ledger.issue(2, 'k', isDelete, onA1, 'c0');
  ledger.ack(2, b1);
  return ledger;
}

describe('ClusterLedger', () => {
  test('finds nothing wrong with what was acknowledged or covered', () => {
    expect(kindsOf(written(), state([{ dot: a1, op: 1 }]))).toEqual([]);
    expect(kindsOf(replaced(), state([{ dot: b1, op: 2 }]))).toEqual([]);
    expect(kindsOf(replaced(true), state([]))).toEqual([]);
  });

  test('finds what is lost: gone, not seen, or covered by a context that never showed it', () => {
    expect(kindsOf(written(), state([]))).toEqual(['lost']);
    expect(kindsOf(written(), state([{ dot: a1, op: 1 }], DotSet.empty))).toEqual(['lost']);
    const ledger = written();
    ledger.issue(2, 'k', false, { covers: DotSet.of([a1]), shown: [] }, 'c1');
    ledger.ack(2, b1);
    expect(kindsOf(ledger, state([{ dot: b1, op: 2 }]))).toEqual(['lost']);
  });

  test('finds a delete that left no tombstone, where it is shown tombstones', () => {
    const [kept, reaped] = [VectorClock.empty, VectorClock.of([['b', 1]])];
    expect(kindsOf(replaced(true), { ...state([{ dot: b1, op: undefined }]), reaped: kept })).toEqual([]);
    expect(kindsOf(replaced(true), { ...state([]), reaped })).toEqual([]);
    expect(kindsOf(replaced(true), { ...state([]), reaped: kept })).toEqual(['lost']);
  });

  test('finds what is back, also when it was covered long ago', () => {
    expect(kindsOf(replaced(true), state([{ dot: a1, op: 1 }]))).toEqual(['resurrected']);
    const ledger = replaced();
    ledger.settle(state([{ dot: b1, op: 2 }]));
    expect(kindsOf(ledger, state([{ dot: b1, op: 2 }]))).toEqual([]);
    const both = state([
      { dot: a1, op: 1 },
      { dot: b1, op: 2 },
    ]);
    expect(kindsOf(ledger, both)).toEqual(['resurrected']);
  });

  test('finds a conflict of two of which one covered the other, and none of two that did not', () => {
    const both = state([
      { dot: a1, op: 1 },
      { dot: b1, op: 2 },
    ]);
    expect(kindsOf(replaced(), both)).toEqual(['false conflict']);
    const ledger = written();
    ledger.issue(2, 'k', false, nothing, 'c1');
    ledger.ack(2, b1);
    expect(kindsOf(ledger, both)).toEqual([]);
  });

  test('lets a write without an answer have happened or not, but not begin to exist later', () => {
    const ledger = written();
    ledger.issue(2, 'k', false, onA1, 'c0');
    ledger.unknown(2);
    expect(kindsOf(ledger, state([{ dot: a1, op: 1 }]))).toEqual([]);
    ledger.settle(state([{ dot: a1, op: 1 }]));
    expect(kindsOf(ledger, state([{ dot: b1, op: 2 }]))).toContain('resurrected');
    const other = written();
    other.issue(2, 'k', false, onA1, 'c0');
    other.unknown(2);
    expect(kindsOf(other, state([{ dot: b1, op: 2 }]))).toEqual([]);
  });

  test('knows the tombstone of a delete without an answer, also when it shows only later', () => {
    const ledger = written();
    ledger.issue(2, 'k', true, onA1, 'c0');
    ledger.unknown(2);
    expect(kindsOf(ledger, state([]))).toEqual([]);
    ledger.settle(state([]));
    ledger.issue(3, 'k', false, nothing, 'c0');
    ledger.ack(3, c1);
    const both = state([
      { dot: b1, op: undefined },
      { dot: c1, op: 3 },
    ]);
    expect(kindsOf(ledger, both)).toEqual([]);
    expect(kindsOf(ledger, state([{ dot: b1, op: undefined }]))).toContain('lost');
    expect(kindsOf(written(), state([{ dot: b1, op: undefined }]))).toContain('wrong');
  });

  test('counts what an unanswered blind write may have covered, instead of judging it', () => {
    const ledger = written();
    ledger.issue(2, 'k', true, { covers: undefined, shown: undefined }, 'c0');
    ledger.unknown(2);
    expect(kindsOf(ledger, state([]))).toEqual([]);
    expect(ledger.excused).toBe(1);
  });

  test('demands what a client was told is there although its outcome is unknown', () => {
    const ledger = new ClusterLedger();
    ledger.issue(1, 'k', false, nothing, 'c0');
    ledger.unknown(1, a1);
    expect(kindsOf(ledger, state([{ dot: a1, op: 1 }]))).toEqual([]);
    expect(kindsOf(ledger, state([]))).toEqual(['lost']);
  });

  test('finds what was refused and is there, what nobody wrote, and a dot of two writes', () => {
    const ledger = written();
    ledger.issue(2, 'k', false, onA1, 'c0');
    ledger.refuse(2);
    expect(kindsOf(ledger, state([{ dot: b1, op: 2 }]))).toContain('wrong');
    expect(kindsOf(written(), state([{ dot: c1, op: 9 }]))).toContain('wrong');
    ledger.issue(3, 'k', false, nothing, 'c0');
    expect(ledger.ack(3, a1)?.kind).toBe('reissued');
  });

  test('finds replicas that differ', () => {
    const ledger = written();
    expect(kindsOf(ledger, state([{ dot: a1, op: 1 }]), state([{ dot: a1, op: 1 }], DotSet.of([a1])))).toEqual([
      'different',
    ]);
  });
});
