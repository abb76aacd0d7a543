import { describe, expect, test } from 'vitest';
import {
  causalReads,
  completeReaping,
  definiteFailure,
  durability,
  exactDeletes,
  exactSiblings,
  LawBroken,
  noFalseConflict,
  noLostWrite,
  noResurrection,
  nothingInvented,
  noticedDuplicate,
  type Program,
  quietRepair,
  refilledDamage,
  type StoreLawParameters,
  type StoreUnderTest,
  storeConvergence,
  storeLaws,
} from '../../../src/testkit/index.ts';
import { type Defect, type Toy, toyStore } from './toy.ts';

type Check = (store: StoreUnderTest<Toy, ReadonlySet<string>>, parameters?: StoreLawParameters) => Promise<void>;

const parameters = { seed: 20_261_122, numRuns: 300 };

/** Each law with a defect that it must find, what it says of it, and how few steps show it. */
const TABLE: readonly (readonly [Check, Defect, RegExp, number])[] = [
  [exactSiblings, 'contexts are ignored', /^L4 exact siblings: . shows v1 and v2 for cart; .* are v2$/m, 2],
  [nothingInvented, 'values are made up', /^L6 nothing invented: a shows v1 and v2 and both for cart, and nobody/m, 2],
  [noLostWrite, 'newest wins', /^L7 no lost write: . shows \w+ for cart, and v\d is lost/m, 2],
  [noFalseConflict, 'contexts are ignored', /^L8 no false conflict: a shows v1 and v2 for cart side by side/m, 2],
  [exactDeletes, 'deletes clear the key', /^L9 exact deletes: . shows nothing for cart, and v1 is gone/m, 3],
  [noResurrection, 'deletes are not kept', /^L10 no resurrection: . shows v1 for cart, though v1 is superseded/m, 3],
  [completeReaping, 'deletes are never reaped', /^L11 complete reaping: all keys are deleted/m, 0],
  [storeConvergence, 'sync is one way', /^L12 convergence: after all have met a shows cart: /m, 2],
  [quietRepair, 'syncs are counted', /^L14 quiet repair: they agreed, met again/m, 0],
  [causalReads, 'sync carries one key', /^L16 causal reads: . shows v\d for \w+, but of \w+ not v\d/m, 4],
  [definiteFailure, 'failed writes stay', /^L17 definite failure: . shows v1 for cart, though/m, 2],
  [durability, 'memory only', /^L19 durability: . shows nothing for cart, and v1 is lost/m, 2],
  [
    refilledDamage,
    'damage goes unseen',
    /^L20 refilled damage: harmed, a shows rot for cart instead of (v1|nothing)/m,
    1,
  ],
  [noticedDuplicate, 'names are given twice', /^L23 noticed duplicate: a was copied/m, 0],
];

async function broken(check: Promise<void>): Promise<LawBroken> {
  try {
    await check;
  } catch (error) {
    expect(error).toBeInstanceOf(LawBroken);
    return error as LawBroken; // checked on the line above
  }
  throw new Error('the law held');
}

describe('the laws of stores', () => {
  test.each(TABLE)('%o holds for a right store', (check) => check(toyStore(), parameters));

  test.each(TABLE)('%o finds %s, and shows it in as few steps as it takes', async (check, defect, says, steps) => {
    const { message, witness } = await broken(check(toyStore(defect), parameters));
    expect(message).toMatch(says);
    const { steps: shown } = witness as Program; // what these laws draw
    expect(shown.length, message).toBeLessThanOrEqual(steps);
    expect(message).toMatch(/^Replay: seed 20261122, path "/m);
  });

  test('storeLaws lists what the store has the parts for, and nothing else', async () => {
    const { restart: _restart, reap: _reap, damage: _damage, ...small } = toyStore();
    const names = storeLaws(small, { ...parameters, numRuns: 20 }).map(({ name }) => name);
    expect(names).not.toContain('L19 durability');
    expect(names).toContain('L17 definite failure');
    expect(storeLaws(toyStore()).length).toBe(13);
    for (const { run } of storeLaws(toyStore(), { ...parameters, numRuns: 20 })) await run();
  });

  test('durability says what the store lacks', async () => {
    const { restart: _, ...small } = toyStore();
    await expect(durability(small)).rejects.toThrow(
      'Cannot check L19: the store under test has no restart, give it one',
    );
  });

  test('noLostWrite replays the witness from its seed and path', async () => {
    const first = await broken(noLostWrite(toyStore('newest wins'), parameters));
    const path = /path "([^"]+)"/.exec(first.message)?.[1] ?? '';
    const again = await broken(noLostWrite(toyStore('newest wins'), { seed: parameters.seed, path }));
    expect(again.witness).toEqual(first.witness);
  });

  test('noLostWrite takes a write of unknown outcome as one that may have happened', async () => {
    for (const happens of [true, false]) {
      const right = toyStore();
      const vague: StoreUnderTest<Toy, ReadonlySet<string>> = {
        ...right,
        outcomeOf: () => 'unknown',
        put: (toy, key, value, context) => {
          if (!toy.failing) return right.put(toy, key, value, context);
          toy.failing = false;
          if (happens) right.put(toy, key, value, context);
          throw new RangeError('no answer came');
        },
      };
      for (const check of [noLostWrite, noResurrection, exactSiblings, causalReads, definiteFailure])
        await check(vague, { ...parameters, numRuns: 100 });
    }
  });

  test('programs are of the shape asked for', async () => {
    const one = await broken(noLostWrite(toyStore('newest wins'), { ...parameters, keys: ['k'], replicas: 2 }));
    expect(one.message).toMatch(/2 replicas\n {2}a: (put k v1|delete k), based on/);
    await expect(noLostWrite(toyStore(), { replicas: 1 })).rejects.toThrow(RangeError);
  });
});
