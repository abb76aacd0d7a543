/**
 * The laws of replicated stores as one-line checks of somebody's own: each draws programs, plays them on the store and on
 * the model, and throws LawBroken with the shortest program that breaks the law.
 */

import { demand } from '../laws/check.ts';
import { checkStore, demandAlike, lookAtAll, needed, type StoreLawParameters, textOf } from './check-store.ts';
import {
  causesComeFirst,
  conflictsAreTrue,
  deletesAreExact,
  failuresStayAway,
  nothingComesBack,
  nothingIsInvented,
  nothingIsLost,
  siblingsAreExact,
} from './judges.ts';
import type { Play } from './play.ts';
import type { StepWeights } from './program.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const USUAL: StepWeights = { put: 5, delete: 2, keep: 1, sync: 4 };
const DELETING: StepWeights = { put: 4, delete: 4, keep: 2, sync: 4 };

/** L4: a key shows exactly the known writes that no known write had seen, whatever was delivered when. For stores that learn only in `sync`. Throws: LawBroken. */
export function exactSiblings<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  return checkStore('L4 exact siblings', store, { judges: [siblingsAreExact], weights: USUAL }, parameters);
}

/** L6: no value appears that nobody wrote for that key. Throws: LawBroken. */
export function nothingInvented<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  return checkStore('L6 nothing invented', store, { judges: [nothingIsInvented], weights: USUAL }, parameters);
}

/** L7: an acknowledged write is shown, where it was made and wherever it has come to, until a write that had seen it takes its place. Throws: LawBroken. */
export function noLostWrite<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  const weights = { ...USUAL, ...careOf(store) };
  return checkStore('L7 no lost write', store, { judges: [nothingIsLost], weights }, parameters);
}

/** L8: values stand side by side only if neither writer had seen the other. Throws: LawBroken. */
export function noFalseConflict<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  return checkStore('L8 no false conflict', store, { judges: [conflictsAreTrue], weights: USUAL }, parameters);
}

/** L9: a delete takes exactly what it had seen; what was written beside it stays. Throws: LawBroken. */
export function exactDeletes<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  return checkStore('L9 exact deletes', store, { judges: [deletesAreExact], weights: DELETING }, parameters);
}

/** L10: what was superseded or deleted never shows again, at nobody who knows of it, after reaping and crashes either. Throws: LawBroken. */
export function noResurrection<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  const weights = { ...DELETING, ...careOf(store) };
  return checkStore('L10 no resurrection', store, { judges: [nothingComesBack], weights }, parameters);
}

/** L11: once all have met, `reap` leaves nothing of what was deleted, within four rounds. Needs `reap` and `remains`. Throws: LawBroken. */
export async function completeReaping<R, C>(
  store: StoreUnderTest<R, C>,
  parameters?: StoreLawParameters,
): Promise<void> {
  const reap = needed(store.reap, 'L11', 'reap');
  const remains = needed(store.remains, 'L11', 'remains');
  const left = async (play: Play<R, C>): Promise<number> => {
    let sum = 0;
    for (const replica of play.replicas) sum += await remains(replica);
    return sum;
  };
  const end = async (play: Play<R, C>): Promise<void> => {
    for (const key of play.keys) await play.step({ do: 'delete', at: 0, key, basis: 'read' });
    await play.meet();
    for (let round = 0; round < 4 && (await left(play)) > 0; round++) {
      for (const replica of play.replicas) await reap(replica);
      await play.meet();
    }
    const rest = await left(play);
    demand(rest === 0, `all keys are deleted and all have met and reaped four times, and ${rest} remains`);
    await lookAtAll(play, [nothingComesBack]);
  };
  const weights = { ...DELETING, reap: 2 };
  await checkStore('L11 complete reaping', store, { judges: [nothingComesBack], weights, end }, parameters);
}

/** L12: once all have met, all show the same. Throws: LawBroken. */
export function storeConvergence<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  const end = async (play: Play<R, C>): Promise<void> => demandAlike(await lookAtAll(play), 'after all have met');
  const weights = { ...USUAL, ...careOf(store) };
  return checkStore('L12 convergence', store, { judges: [], weights, end }, parameters);
}

/** L14: replicas that agree change nothing by meeting again: not what they show, nor their `digest`. Throws: LawBroken. */
export function quietRepair<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  const state = async (play: Play<R, C>): Promise<readonly string[]> => {
    const shown = (await lookAtAll(play)).map(textOf);
    if (store.digest === undefined) return shown;
    return Promise.all(shown.map(async (text, at) => `${text}; ${await store.digest?.(play.replica(at))}`));
  };
  const end = async (play: Play<R, C>): Promise<void> => {
    await play.meet();
    const before = await state(play);
    await play.meet();
    const after = await state(play);
    for (const [at, text] of before.entries())
      demand(after[at] === text, `they agreed, met again, and ${text} became ${after[at]}`);
  };
  return checkStore('L14 quiet repair', store, { judges: [], weights: USUAL, end }, parameters);
}

/** L16: who shows a write shows, or knows as superseded, what its replica knew before it, of every key. Throws: LawBroken. */
export function causalReads<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  return checkStore('L16 causal reads', store, { judges: [causesComeFirst], weights: USUAL }, parameters);
}

/** L17: a write that was answered with a definite failure never takes effect. Needs `failNext` and `outcomeOf`. Throws: LawBroken. */
export async function definiteFailure<R, C>(
  store: StoreUnderTest<R, C>,
  parameters?: StoreLawParameters,
): Promise<void> {
  needed(store.failNext, 'L17', 'failNext');
  needed(store.outcomeOf, 'L17', 'outcomeOf');
  const weights = { ...USUAL, 'fail next': 4, restart: store.restart === undefined ? 0 : 2 };
  await checkStore('L17 definite failure', store, { judges: [failuresStayAway, nothingIsLost], weights }, parameters);
}

/** L19: what was acknowledged is there after `restart`, and what was gone stays gone. Needs `restart`. Throws: LawBroken. */
export async function durability<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): Promise<void> {
  needed(store.restart, 'L19', 'restart');
  const weights = { ...DELETING, restart: 6 };
  await checkStore('L19 durability', store, { judges: [nothingIsLost, nothingComesBack], weights }, parameters);
}

/** L20: a replica whose bytes were harmed refuses to answer or answers right, and has everything again when it has met the others. Needs `damage`. Throws: LawBroken. */
export async function refilledDamage<R, C>(
  store: StoreUnderTest<R, C>,
  parameters?: StoreLawParameters,
): Promise<void> {
  const damage = needed(store.damage, 'L20', 'damage');
  const end = async (play: Play<R, C>): Promise<void> => {
    for (const key of play.keys) {
      const before = [...(await store.get(play.replica(0), key)).values].sort().join();
      play.replicas[0] = await damage(play.replica(0), key);
      const after = await shownOrRefused(() => store.get(play.replica(0), key));
      demand(
        after === undefined || after === before,
        `harmed, a shows ${after} for ${key} instead of ${before || 'nothing'}`,
      );
      await play.meet();
      demand(
        (await shownOrRefused(() => store.get(play.replica(0), key))) === before,
        `harmed, a has met the others and does not show ${before || 'nothing'} for ${key} again`,
      );
    }
    await lookAtAll(play, [nothingIsLost, nothingComesBack]);
  };
  await checkStore('L20 refilled damage', store, { judges: [], weights: USUAL, end }, parameters);
}

/** L23: two replicas of one name, both of which wrote, know it after one `sync`. Needs `clone` and `isAlarmed`. Throws: LawBroken. */
export async function noticedDuplicate<R, C>(
  store: StoreUnderTest<R, C>,
  parameters?: StoreLawParameters,
): Promise<void> {
  const clone = needed(store.clone, 'L23', 'clone');
  const isAlarmed = needed(store.isAlarmed, 'L23', 'isAlarmed');
  const end = async (play: Play<R, C>): Promise<void> => {
    const [key = 'k'] = play.keys;
    const original = play.replica(0);
    const copy = await clone(original);
    try {
      for (const [name, replica] of [['one', original] as const, ['two', copy] as const])
        await store.put(replica, key, name, (await store.get(replica, key)).context);
      await store.sync(original, copy);
      const isNoticed = (await isAlarmed(original)) || (await isAlarmed(copy));
      demand(isNoticed, 'a was copied, both copies wrote and met, and neither has noticed');
      const shown = (await store.get(original, key)).values;
      demand(shown.includes('one') && shown.includes('two'), `both copies wrote ${key}, and a shows ${shown.join()}`);
    } finally {
      await store.close?.(copy);
    }
  };
  await checkStore('L23 noticed duplicate', store, { judges: [], weights: USUAL, end }, { numRuns: 20, ...parameters });
}

/** Crashes and reaping, where the store has them. */
function careOf<R, C>({ restart, reap }: StoreUnderTest<R, C>): StepWeights {
  return { restart: restart === undefined ? 0 : 2, reap: reap === undefined ? 0 : 2 };
}

async function shownOrRefused<C>(
  get: () =>
    | { readonly values: readonly string[]; readonly context: C }
    | Promise<{ readonly values: readonly string[]; readonly context: C }>,
): Promise<string | undefined> {
  try {
    return [...(await get()).values].sort().join();
  } catch {
    return undefined; // refusing is an answer; what it says is the store's own business
  }
}
