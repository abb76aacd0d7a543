import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegisterLevels, checkRegisters } from '../../../src/testkit/history/check-registers.ts';
import {
  type RegisterHistory,
  type RegisterOperation,
  registerHistory,
} from '../../../src/testkit/history/register-history.ts';
import { violationLines } from '../../../src/testkit/history/witness.ts';
import { modelLevels } from './register-model.ts';

const w = (key: string, value: number): RegisterOperation => ({ kind: 'write', key, value });
const r = (key: string, value: number | null): RegisterOperation => ({ kind: 'read', key, value });

/** The patterns each level finds. */
function found(history: RegisterHistory): { cc: string[]; cm: string[]; ccv: string[] } {
  const { cc, cm, ccv } = checkRegisterLevels(history, ['cc', 'cm', 'ccv']);
  const names = (verdict: typeof cc): string[] => verdict?.violations.map(({ pattern }) => pattern) ?? ['none'];
  return { cc: names(cc), cm: names(cm), ccv: names(ccv) };
}

const everywhere = (pattern: string): object => ({ cc: [pattern], cm: [pattern], ccv: [pattern] });

describe('checkRegisters', () => {
  it('checkRegisters finds nothing in an empty history and in one that every level allows', () => {
    expect(found(registerHistory({}))).toEqual({ cc: [], cm: [], ccv: [] });
    const good = registerHistory({ a: [w('x', 1), w('y', 2)], b: [r('y', 2), r('x', 1), r('z', null)], c: [] });
    expect(found(good)).toEqual({ cc: [], cm: [], ccv: [] });
  });

  it.each<[string, Record<string, RegisterOperation[]>]>([
    ['ThinAirRead', { a: [w('x', 1)], b: [r('x', 2)] }],
    ['ThinAirRead', { a: [w('y', 1)], b: [r('x', 1)] }],
    ['CyclicCO', { a: [r('x', 1), w('y', 2)], b: [r('y', 2), w('x', 1)] }],
    ['CyclicCO', { a: [r('x', 1), w('x', 1)] }],
    ['WriteCOInitRead', { a: [w('x', 1), w('y', 2)], b: [r('y', 2), r('x', null)] }],
    ['WriteCORead', { a: [w('x', 1), w('x', 2)], b: [r('x', 2), r('x', 1)] }],
    ['WriteCORead', { a: [w('x', 1)], b: [r('x', 1), w('x', 2), w('y', 3)], c: [r('y', 3), r('x', 1)] }],
  ])('checkRegisters names %s, which breaks all three levels', (pattern, sessions) => {
    expect(found(registerHistory(sessions))).toEqual(everywhere(pattern));
  });

  it('checkRegisters tells the levels apart as the figures of the paper do', () => {
    // Figure 3 (a): CM, not CCv.
    const a = registerHistory({ a: [w('x', 1), r('x', 2)], b: [w('x', 2), r('x', 1)] });
    expect(found(a)).toEqual({ cc: [], cm: [], ccv: ['CyclicCF'] });
    // Figure 3 (b): CCv, not CM.
    const b = registerHistory({
      a: [w('z', 1), w('x', 1), w('y', 1)],
      b: [w('x', 2), r('z', null), r('y', 1), r('x', 2)],
    });
    expect(found(b)).toEqual({ cc: [], cm: ['WriteHBInitRead'], ccv: [] });
    // Figure 3 (c): CC, neither CM nor CCv.
    const c = registerHistory({ a: [w('x', 1)], b: [w('x', 2), r('x', 1), r('x', 2)] });
    expect(found(c)).toEqual({ cc: [], cm: ['CyclicHB'], ccv: ['CyclicCF'] });
    // Figure 3 (e): not even CC.
    const e = registerHistory({
      a: [w('x', 1), w('y', 1)],
      b: [r('y', 1), w('x', 2)],
      c: [r('x', 2), r('x', 1)],
    });
    expect(found(e)).toEqual(everywhere('WriteCORead'));
  });

  it('checkRegisters shows the shortest witness, operation by operation', () => {
    const noise = Array.from({ length: 20 }, (_, at) => w('n', at));
    const { violations } = checkRegisters(
      registerHistory({
        long: [w('x', 1), ...noise, w('p', 1)],
        relay: [r('p', 1), w('q', 1)],
        far: [r('q', 1), w('x', 2), r('x', 1), w('x', 3), r('x', 2)],
        near: [w('y', 1), w('y', 2), r('y', 1)],
      }),
      'cc',
    );
    expect(violations.flatMap(violationLines)).toEqual([
      'WriteCORead: A read returns a write that it knows to be overwritten.',
      '  1. session far #1 w(x,2)',
      '     ↓ session order',
      '  2. session far #3 w(x,3)',
      '     ↓ session order',
      '  3. session far #4 r(x,2)',
      '     ↑ back to 1: returns what it wrote',
    ]);
  });

  it('checkRegisters shows a circle with the reads for whose sake writes are in order', () => {
    const { violations } = checkRegisters(
      registerHistory({ a: [w('x', 1), r('x', 2)], b: [w('x', 2), r('x', 1)] }),
      'ccv',
    );
    expect(violations.flatMap(violationLines)).toEqual([
      'CyclicCF: No order of conflicting writes agrees with what every session read.',
      '  1. session a #0 w(x,1)',
      '     ↓ conflict order, for session a #1 r(x,2) knows it',
      '  2. session b #0 w(x,2)',
      '     ↑ back to 1: conflict order, for session b #1 r(x,1) knows it',
    ]);
  });

  it('checkRegisters refuses a value written twice to one key, and names both places', () => {
    const twice = registerHistory({ a: [w('x', 1), w('y', 1)], b: [w('z', 1), w('x', 1)] });
    expect(() => checkRegisters(twice, 'cc')).toThrow(
      'Cannot check the history: w(x,1) is in session a #0 and in session b #1, let every value be written to its key once',
    );
  });
});

describe('checkRegisters over transactions', () => {
  const history = (...sessions: RegisterOperation[][][]): RegisterHistory => ({
    sessions: sessions.map((transactions, at) => ({ name: `s${at}`, transactions })),
  });
  const names = (given: RegisterHistory, level: 'cc' | 'ccv' = 'cc'): string[] =>
    checkRegisters(given, level).violations.map(({ pattern }) => pattern);

  it.each<[string, RegisterHistory]>([
    ['FutureRead', history([[r('x', 1), w('x', 1)]])],
    ['NotMyOwnWrite', history([[w('x', 2)]], [[w('x', 1), r('x', 2)]])],
    ['NotMyLastWrite', history([[w('x', 1), w('x', 2), r('x', 1)]])],
    ['IntermediateRead', history([[w('x', 1), w('x', 2)]], [[r('x', 1)]])],
    ['NonRepeatableRead', history([[w('x', 1)]], [[w('x', 2)]], [[r('x', 1), r('x', 2)]])],
    ['AbortedRead', { ...history([[r('x', 1)]]), aborted: [{ key: 'x', value: 1 }] }],
  ])('checkRegisters names %s', (pattern, given) => {
    expect(names(given)).toContain(pattern);
  });

  it('checkRegisters finds nothing in transactions that agree with themselves', () => {
    expect(
      names(history([[w('x', 1), r('x', 1), w('x', 2), r('x', 2), r('y', null), r('y', null)]], [[r('x', 2)]])),
    ).toEqual([]);
  });

  it('checkRegisters lets a transaction read what it then overwrites', () => {
    const given = history(
      [
        [r('x', null), w('x', 1)],
        [r('x', 1), w('x', 2)],
      ],
      [[r('x', 2), w('x', 3), r('x', 3)]],
    );
    expect([names(given), names(given, 'ccv')]).toEqual([[], []]);
  });

  it('checkRegisters finds a fractured read: one write of a transaction seen, another missed', () => {
    const fractured = history([[w('x', 1)], [w('x', 2), w('y', 2)]], [[r('y', 2), r('x', 1)]]);
    expect(names(fractured)).toEqual(['WriteCORead']);
    const missed = history([[w('x', 2), w('y', 2)]], [[r('y', 2), r('x', null)]]);
    expect(names(missed)).toEqual(['WriteCOInitRead']);
    // Two transactions, each read half by somebody: only an order of conflicts is missing.
    const halves = history([[w('x', 1), w('y', 1)]], [[w('x', 2), w('y', 2)]], [[r('x', 1), r('y', 2)]]);
    expect([names(halves), names(halves, 'ccv')]).toEqual([[], ['CyclicCF']]);
  });

  it('checkRegisters refuses causal memory for them, and names the transaction', () => {
    const given = history([[w('x', 1)], [w('x', 2), r('x', 2)]]);
    expect(() => checkRegisters(given, 'cm')).toThrow('transaction #1 of session s0 has 2 operations');
  });
});

describe('checkRegisters and the definitions', () => {
  /** Up to five operations of three sessions on two keys; values are unique. */
  const small = fc
    .array(
      fc.record({
        session: fc.constantFrom(0, 0, 1, 1, 2),
        isWrite: fc.boolean(),
        key: fc.constantFrom('x', 'x', 'x', 'y'),
        pick: fc.nat(5),
      }),
      { maxLength: 5, size: 'max' },
    )
    .map((drawn): RegisterHistory => {
      const sessions: RegisterOperation[][] = [[], [], []];
      for (const [at, { session, isWrite, key, pick }] of drawn.entries()) {
        const values = drawn.flatMap((other, value) => (other.isWrite && other.key === key ? [value] : []));
        sessions[session]?.push(isWrite ? w(key, at) : r(key, values[pick] ?? values[pick - 3] ?? null));
      }
      return registerHistory(Object.fromEntries(sessions.map((operations, at) => [`s${at}`, operations])));
    });

  it('checkRegisters agrees with the definitions on every small history', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(small, (history) => {
        const { cc, cm, ccv } = checkRegisterLevels(history, ['cc', 'cm', 'ccv']);
        const answer = { cc: cc?.holds, cm: cm?.holds, ccv: ccv?.holds };
        seen.add(JSON.stringify(answer));
        expect(answer).toEqual(modelLevels(history));
      }),
      { seed: 20261122, numRuns: 3_000 },
    );
    // All that can be told apart was met: CC alone, each of the two without the other, all, none.
    expect([...seen].sort()).toEqual([
      '{"cc":false,"cm":false,"ccv":false}',
      '{"cc":true,"cm":false,"ccv":false}',
      '{"cc":true,"cm":true,"ccv":false}',
      '{"cc":true,"cm":true,"ccv":true}',
    ]);
  });
});
