/**
 * Riak KV with `allow_mult`: an object of siblings with dots and one vector (see dotted-object.ts), by server ids. A delete is
 * a tombstone among them. By delete mode it is kept, or reaped when all replicas answered with the very same one; a
 * reaped key leaves nothing behind, so that its counters begin anew: an old tombstone that comes late covers a newer write
 * ("doomstone", issue 679). Riak 2.1 gave each such life of a key an actor of its own: `keyEpochs`. Clients here ask for
 * the clock of a tombstone, as `returnDeletedVClock` does.
 */

import {
  areSameDotted,
  type DottedObject,
  dottedBytes,
  mergeDotted,
  NOTHING_SEEN,
  putDotted,
} from './dotted-object.ts';
import { type KeyRules, type KeyWrite, keyStrategy, type Memory } from './key-strategy.ts';
import type { ReplicaSeat, Shown, Strategy } from './strategy.ts';
import { countIn, descends, NO_VECTOR, type Vector } from './version-vector.ts';

export type RiakOptions = {
  /** After this long a tombstone that all hold is reaped. Default: 3,000 ms, as `delete_mode`. */
  readonly delayMs?: number;
  /** Whether a key that is not there gets a new actor, as since Riak 2.1. Default: no. */
  readonly keyEpochs?: boolean;
};

/** An object; or the order to reap it, if it is still this one. */
type Held = DottedObject & { readonly isReap?: true };

/** `delete_mode` as it is by default, in ms. */
export const REAP_DELAY_MS = 3_000;
const SOURCE = 'https://docs.riak.com/riak/kv/latest/using/reference/object-deletion/index.html';
const EPOCH = 'epoch';

/** Tombstones stay: what Riak's manual advises where keys are deleted and made again. */
export function riakKeep({ keyEpochs = false }: Pick<RiakOptions, 'keyEpochs'> = {}): Strategy {
  return keyStrategy(rules('riak-keep', 'Riak, tombstones kept', 'tombstones stay for ever', keyEpochs));
}

/** Tombstones are reaped as soon as all replicas answered with the very same one. */
export function riakImmediate({ keyEpochs = false }: Pick<RiakOptions, 'keyEpochs'> = {}): Strategy {
  const words = 'a tombstone that all replicas hold is reaped at once';
  return keyStrategy({ ...rules('riak-immediate', 'Riak, reaped at once', words, keyEpochs), ...reapingAfter(0) });
}

/** Tombstones are reaped some time later, if nothing changed meanwhile. */
export function riakDelay({ delayMs = REAP_DELAY_MS, keyEpochs = false }: RiakOptions = {}): Strategy {
  const words = `a tombstone that all replicas hold is reaped after ${delayMs} ms`;
  return keyStrategy({ ...rules('riak-delay', 'Riak, reaped later', words, keyEpochs), ...reapingAfter(delayMs) });
}

function reapingAfter(delayMs: number): Pick<KeyRules<Held>, 'reaping'> {
  return { reaping: { delayMs, decide: reapOf } };
}

/** What tells all to reap, when all hold the very same tombstone. */
function reapOf([first, ...others]: readonly (Held | undefined)[]): Held | undefined {
  if (first === undefined || !isDeleted(first)) return undefined;
  if (others.some((held) => held === undefined || !areSameDotted(first, held))) return undefined;
  return { ...first, isReap: true };
}

function rules(name: string, title: string, deletes: string, keyEpochs: boolean): KeyRules<Held> {
  return {
    ...{ name, title, source: SOURCE },
    rule: `a value goes when somebody who saw it writes or deletes; siblings are shown; ${deletes}`,
    showsConflicts: true,
    write: (held, write, seat, memory) => put(held, write, seat, memory, keyEpochs),
    // A put answers no vector; who wants one reads.
    answer: (_told, { basis }) => (basis.kind === 'shown' && basis.held) || { ...NOTHING_SEEN, values: [] },
    merge: (one, other) => {
      if (one.isReap === true) return reap(other, one);
      return other.isReap === true ? reap(one, other) : mergeObjects(one, other);
    },
    kept: (state) => (state.isReap === true ? undefined : state),
    show: showDotted,
    isEqual: (one, other) => one.isReap === other.isReap && areSameDotted(one, other),
    versionsIn: ({ values }) => values.length,
    tombstonesIn: (held) => (isDeleted(held) ? showDotted(held).deleted : []),
    metadataBytes: dottedBytes,
  };
}

/** A delete of what is not there is answered with "not found" and writes nothing. */
function put(
  held: Held | undefined,
  { operation, isDelete, basis }: KeyWrite<Held>,
  seat: ReplicaSeat,
  memory: Memory,
  keyEpochs: boolean,
): Held | undefined {
  const based = basis.kind === 'shown' ? basis.held : undefined;
  const read = isDelete && basis.kind === 'none' ? held : based;
  if (isDelete && (read === undefined || isDeleted(read))) return undefined;
  const context = read ?? NOTHING_SEEN;
  const by = keyEpochs ? actorWithEpoch(held?.clock ?? NO_VECTOR, context.clock, seat, memory) : actorOf(seat);
  return putDotted(held, context, by, { operation, isDelete });
}

/** Objects whose vectors are equal or concurrent are merged; of two writes under one dot both stay. */
function mergeObjects(one: Held, other: Held): Held {
  const isOneNewer = descends(one.clock, other.clock);
  if (isOneNewer !== descends(other.clock, one.clock)) return isOneNewer ? one : other;
  return mergeDotted(one, other, true);
}

function reap(held: Held, order: Held): Held {
  return areSameDotted(held, order) ? order : held;
}

/** A vnode's id is on its disk, and so is a new one when that is lost. */
function actorOf({ name, life }: ReplicaSeat): string {
  return `${name}.${life}`;
}

/** This replica's latest actor of the key; a new one when it has none, or when the context knows more of it. */
function actorWithEpoch(clock: Vector, context: Vector, seat: ReplicaSeat, memory: Memory): string {
  const mine = `${actorOf(seat)}#`;
  const epochs = [...clock.keys()].flatMap((id) => (id.startsWith(mine) ? [Number(id.slice(mine.length))] : []));
  const isBehind = [...context].some(([id, count]) => id.startsWith(mine) && countIn(clock, id) < count);
  if (epochs.length > 0 && !isBehind) return `${mine}${Math.max(...epochs)}`;
  const epoch = (memory.get(EPOCH) ?? 0) + 1;
  memory.set(EPOCH, epoch);
  return `${mine}${epoch}`;
}

function isDeleted({ values }: DottedObject): boolean {
  return values.every(({ isDelete }) => isDelete);
}

function showDotted({ values }: DottedObject): Shown {
  const of = (isDelete: boolean): number[] =>
    values.flatMap((value) => (value.isDelete === isDelete ? [value.operation] : []));
  return { live: of(false), deleted: of(true), passedOver: [] };
}
