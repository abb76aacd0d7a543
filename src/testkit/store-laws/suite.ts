/** All laws that a store can be asked about, as a list to loop over in any test runner; and its steps as commands. */

import type fc from 'fast-check';
import type { StoreLawParameters } from './check-store.ts';
import {
  causesComeFirst,
  conflictsAreTrue,
  deletesAreExact,
  failuresStayAway,
  nothingComesBack,
  nothingIsInvented,
  nothingIsLost,
} from './judges.ts';
import {
  causalReads,
  completeReaping,
  definiteFailure,
  durability,
  exactDeletes,
  noFalseConflict,
  noLostWrite,
  noResurrection,
  nothingInvented,
  noticedDuplicate,
  quietRepair,
  refilledDamage,
  storeConvergence,
} from './laws.ts';
import type { Judge, Play } from './play.ts';
import { printStep, type StoreStep, storeSteps } from './program.ts';
import type { ProgramShape, StoreUnderTest } from './store-under-test.ts';

/** One law of stores; `run` throws LawBroken when the store breaks it. */
export type StoreLaw = { readonly name: string; readonly run: () => Promise<void> };

/** L4 to L23, as far as the store has what they need: each with its name and a function to run. `exactSiblings` is left out, for it asks that a store learns in `sync` only. */
export function storeLaws<R, C>(store: StoreUnderTest<R, C>, parameters?: StoreLawParameters): readonly StoreLaw[] {
  const law = (
    name: string,
    check: (store: StoreUnderTest<R, C>, parameters?: StoreLawParameters) => Promise<void>,
    ...parts: readonly (keyof StoreUnderTest<R, C>)[]
  ): StoreLaw[] =>
    parts.every((part) => store[part] !== undefined) ? [{ name, run: () => check(store, parameters) }] : [];
  return [
    ...law('L6 nothing invented', nothingInvented),
    ...law('L7 no lost write', noLostWrite),
    ...law('L8 no false conflict', noFalseConflict),
    ...law('L9 exact deletes', exactDeletes),
    ...law('L10 no resurrection', noResurrection),
    ...law('L11 complete reaping', completeReaping, 'reap', 'remains'),
    ...law('L12 convergence', storeConvergence),
    ...law('L14 quiet repair', quietRepair),
    ...law('L16 causal reads', causalReads),
    ...law('L17 definite failure', definiteFailure, 'failNext', 'outcomeOf'),
    ...law('L19 durability', durability, 'restart'),
    ...law('L20 refilled damage', refilledDamage, 'damage'),
    ...law('L23 noticed duplicate', noticedDuplicate, 'clone', 'isAlarmed'),
  ];
}

/** A step as a command of fast-check: it goes with `fc.asyncModelRun`, and with commands of one's own. */
export type StoreCommand<R, C> = fc.AsyncCommand<object, Play<R, C>>;

const JUDGES: readonly Judge[] = [
  nothingIsInvented,
  nothingIsLost,
  conflictsAreTrue,
  deletesAreExact,
  nothingComesBack,
  causesComeFirst,
  failuresStayAway,
];

/**
 * Commands for `fc.commands`: every kind of step that the store can take, each of which looks, afterwards, at what the
 * replicas show. What is run is a `Play`; the model in it is the model, so that of fast-check may be any object.
 */
export function storeCommands<R, C>(
  store: StoreUnderTest<R, C>,
  { replicas = 3, keys = ['cart', '__proto__'] }: ProgramShape = {},
): fc.Arbitrary<StoreCommand<R, C>>[] {
  const weights = {
    ...{ put: 5, delete: 2, keep: 1, sync: 4 },
    ...{ restart: store.restart === undefined ? 0 : 1, reap: store.reap === undefined ? 0 : 1 },
    'fail next': store.failNext === undefined ? 0 : 1,
  };
  return [storeSteps(replicas, keys, weights, store.bases).map((step) => commandOf<R, C>(step))];
}

function commandOf<R, C>(step: StoreStep): StoreCommand<R, C> {
  return {
    check: () => true,
    run: async (_, play) => {
      for (const at of await play.step(step)) await play.look(at, JUDGES);
    },
    toString: () => printStep(step),
  };
}
