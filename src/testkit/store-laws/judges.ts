/** What the laws of stores think of what a replica shows, each as one function of the model and of what was read. */

import type { Operation } from '../../model/operations.ts';
import { demand } from '../laws/check.ts';
import { isCovered, type Judge, type Look, type Played } from './play.ts';
import { replicaName } from './program.ts';

/** L6: every value was written for that key, each shown once. */
export const nothingIsInvented: Judge = (play, at, look) => {
  for (const [key, values] of look) {
    demand(new Set(values).size === values.length, `${says(at, key, values)}, one of them twice`);
    for (const value of values) {
      const isOfKey = play.operations.has(value) && play.operations.get(value).key === key;
      demand(isOfKey || play.refused.has(value), `${says(at, key, values)}, and nobody wrote ${value} there`);
    }
  }
};

/** L17: what its writer was told had not happened is never shown. */
export const failuresStayAway: Judge = (play, at, look) => {
  for (const [key, values] of look)
    for (const value of values)
      demand(
        !play.refused.has(value),
        `${says(at, key, values)}, though the put of ${value} was answered with a failure`,
      );
};

/** L7: what the replica must know of is shown, or somebody's write had seen it. */
export const nothingIsLost: Judge = (play, at, look) => {
  for (const { key, name } of mustShow(play, at))
    demand(isShown(look, key, name), `${says(at, key, look.get(key))}, and ${name} is lost: no write had seen it`);
};

/** L9: beside a delete that had not seen it, a value stays; what a delete had seen goes. */
export const deletesAreExact: Judge = (play, at, look) => {
  for (const { key, name, deletes } of besideDeletes(play, at)) {
    const isGone = deletes.some(({ context }) => context.has(name));
    const seen = `${says(at, key, look.get(key))}, and ${name}`;
    if (isGone) demand(!isShown(look, key, name), `${seen} was deleted by somebody who had seen it`);
    else if (!isCovered(play, play.operations.get(name)))
      demand(isShown(look, key, name), `${seen} is gone, though no delete had seen it`);
  }
};

/** L10: what the replica knows to be superseded is not shown. */
export const nothingComesBack: Judge = (play, at, look) => {
  for (const [key, values] of look) {
    const known = knownOf(play, at, key);
    for (const value of values) {
      const by = known.find(({ context }) => context.has(value));
      demand(
        by === undefined,
        `${says(at, key, values)}, though ${value} is superseded by ${by?.name}, which it knows of`,
      );
    }
  }
};

/** L8: of two values side by side neither writer had seen the other. */
export const conflictsAreTrue: Judge = (play, at, look) => {
  for (const [key, values] of look)
    for (const value of values)
      for (const other of values) {
        const isSeen = play.operations.has(other) && play.operations.get(other).context.has(value);
        demand(!isSeen, `${says(at, key, values)} side by side, though the writer of ${other} had seen ${value}`);
      }
};

/** L4: exactly the known writes that no known write had seen. For a store that learns only when it is told to. */
export const siblingsAreExact: Judge = (play, at, look) => {
  for (const [key, values] of look) {
    if (play.operations.of(key).some(({ name }) => play.unknown.has(name))) continue;
    const expected = (play.models[at]?.visible(key) ?? [])
      .filter(({ tombstone }) => !tombstone)
      .map(({ name }) => name);
    demand(
      [...values].sort().join() === [...expected].sort().join(),
      `${says(at, key, values)}; the writes it knows of that none of them had seen are ${list(expected)}`,
    );
  }
};

/** L16: who shows a write shows, or knows as superseded, all that its replica knew when it was made, of every key. */
export const causesComeFirst: Judge = (play, at, look) => {
  for (const [key, values] of look)
    for (const value of values)
      for (const cause of play.before.get(value) ?? []) {
        const operation = play.operations.get(cause);
        if (operation.tombstone || isCovered(play, operation) || play.unknown.has(cause)) continue;
        demand(
          isShown(look, operation.key, cause),
          `${says(at, key, values)}, but of ${operation.key} not ${cause}, which came before ${value}`,
        );
      }
};

/** The writes that a reader at this replica must be shown. */
function mustShow(play: Played, at: number): Operation[] {
  return play.keys.flatMap((key) =>
    knownOf(play, at, key).filter((operation) => !operation.tombstone && !isCovered(play, operation)),
  );
}

function besideDeletes(play: Played, at: number) {
  return play.keys.flatMap((key) => {
    const known = knownOf(play, at, key);
    const deletes = known.filter(({ tombstone }) => tombstone);
    if (deletes.length === 0) return [];
    return known.filter(({ tombstone }) => !tombstone).map(({ name }) => ({ key, name, deletes }));
  });
}

function knownOf(play: Played, at: number, key: string): Operation[] {
  return [...(play.models[at]?.knows(key) ?? [])].map((name) => play.operations.get(name));
}

function isShown(look: Look, key: string, name: string): boolean {
  return look.get(key)?.includes(name) === true;
}

function says(at: number, key: string, values: readonly string[] = []): string {
  return `${replicaName(at)} shows ${list(values)} for ${key}`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(' and ');
}
