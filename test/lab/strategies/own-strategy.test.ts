import { describe, expect, it } from 'vitest';
import { runSetting } from '../../../src/lab/experiment/run-setting.ts';
import { keyStrategy } from '../../../src/lab/strategies/key-strategy.ts';
import { ownStrategy } from '../../../src/lab/strategies/own-strategy.ts';
import { LIVELY } from './lively.ts';

/** The first write stays, whoever comes later: as a user may write it. */
const firstWriter = keyStrategy<number>({
  name: 'first-writer',
  title: 'first writer',
  rule: 'the first write stays',
  source: 'https://example.org/first',
  showsConflicts: false,
  write: (held, { operation, isDelete }) => (isDelete ? undefined : (held ?? operation)),
  merge: (one, other) => Math.min(one, other),
  show: (operation) => ({ live: [operation], deleted: [], passedOver: [] }),
  isEqual: (one, other) => one === other,
  versionsIn: () => 1,
  tombstonesIn: () => [],
  metadataBytes: () => 0,
});

describe('ownStrategy', () => {
  it('ownStrategy gives what a module exports as strategy, and it runs', () => {
    const { make, name } = ownStrategy('./first.ts', { strategy: firstWriter });
    expect(name).toBe('./first.ts');
    expect(make({})).toBe(firstWriter);
    const { measures } = runSetting(make({}), LIVELY, 1);
    expect([measures.siblingsMax, measures.diverged]).toEqual([1, 0]);
    expect(measures.refused).toBeGreaterThan(0);
    expect(measures.writesLost).toBeGreaterThan(0);
  });

  it('ownStrategy hands the options of a scenario to make', () => {
    const given: unknown[] = [];
    const made = ownStrategy('./first.ts', {
      make: (options: unknown) => {
        given.push(options);
        return firstWriter;
      },
    }).make({ much: 3 });
    expect([made, given]).toEqual([firstWriter, [{ much: 3 }]]);
  });

  it.each([
    ['nothing', {}, 'it exports no strategy, export one as strategy or as make(options)'],
    [
      'a strategy without a title',
      { strategy: { ...firstWriter, title: 1 } },
      'the title of its strategy is not a string',
    ],
    [
      'one that cannot begin',
      { strategy: { ...firstWriter, begin: undefined } },
      'the begin of its strategy is not a function',
    ],
    [
      'one that does not say what it shows',
      { strategy: { ...firstWriter, showsConflicts: 'no' } },
      'the showsConflicts of its strategy is not true or false',
    ],
  ])('ownStrategy refuses a module that exports %s', (_what, exported, words) => {
    expect(() => ownStrategy('./own.ts', exported)).toThrow(`Cannot use ./own.ts: ${words}`);
  });

  it('ownStrategy refuses what make gives, and options that nobody takes', () => {
    expect(() => ownStrategy('./own.ts', { make: () => null }).make({})).toThrow('it exports no strategy');
    expect(() => ownStrategy('./own.ts', { strategy: firstWriter }).make({ much: 3 })).toThrow(
      'Cannot pass options to ./own.ts',
    );
  });
});
