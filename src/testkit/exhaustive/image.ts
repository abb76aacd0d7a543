/**
 * The whole state of one replica in memory as a value: taken from a store, put into a new one, compared by its text, and
 * renamed as if the replicas had been called otherwise. All its parts are immutable already, so taking one copies nothing.
 * Times are left out: the clock of these stores says the last moment there is, and so does every version.
 */

import { compareDots } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { VectorClock } from '../../clock/vector-clock.ts';
import type { Value } from '../../codec/value.ts';
import type { Env } from '../../env.ts';
import { TIME_MAX } from '../../limits.ts';
import { type KnownPeer, memberKeyOf, nameOf } from '../../store/membership.ts';
import type { StoreRecord, Version } from '../../store/record.ts';
import { ReplicaState } from '../../store/replica-state.ts';
import { stateOf, VersionedKVStore } from '../../store/versioned-kv-store.ts';

/** Everything that decides what a replica does next. */
export type ReplicaImage = {
  readonly id: string;
  readonly counter: number;
  readonly seen: DotSet;
  readonly reaped: VectorClock;
  /** In the order of their keys. */
  readonly records: readonly (readonly [key: string, record: StoreRecord])[];
  /** In the order of their names. */
  readonly peers: readonly (readonly [name: string, peer: KnownPeer])[];
};

export type Store = VersionedKVStore<string>;

/** Gives a replica the name it has after a renaming. */
export type Rename = (id: string) => string;

const ENV: Env = { now: () => TIME_MAX, random: () => 0.5 };

/** What a store in memory is now. */
export function imageOf(store: Store): ReplicaImage {
  const { id, knowledge, membership, table } = stateOf(store);
  const keys = [...table.cells()].map(([key]) => key).sort();
  return {
    id,
    counter: knowledge.counter,
    seen: knowledge.seen,
    reaped: knowledge.reaped,
    records: keys.map((key) => [key, table.record(key)]),
    peers: [...membership.peers].sort(([one], [other]) => (one < other ? -1 : 1)),
  };
}

/** A store that is what the image says. `members` are those it was opened with, `broken` the rules that it does not keep. */
export function revive(image: ReplicaImage, members: readonly string[], broken: number): Store {
  const state = new ReplicaState(image.id, members, ENV, broken);
  state.knowledge.restore(image.seen, image.counter, image.reaped);
  for (const [key, record] of image.records) state.table.set(key, record);
  for (const [name, peer] of image.peers) state.membership.restore(name, peer);
  return new VersionedKVStore<string>(state, {
    resolver: undefined,
    deletePolicy: 'keep',
    onConflict: 'overwrite',
    schema: undefined,
    onReport: () => undefined,
  });
}

/** The image of a replica that has nothing yet. */
export function blankImage(id: string): ReplicaImage {
  return { id, counter: 0, seen: DotSet.empty, reaped: VectorClock.empty, records: [], peers: [] };
}

/** Parts of images, each once: the states of a search share most of theirs. */
export class Parts {
  readonly #byText = new Map<string, number>();
  readonly #values: unknown[] = [];

  /** The number of a part by its text, which also says of what type it is; `value` is kept if it is new. */
  number(text: string, value: unknown): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, this.#values.length);
    return this.#values.push(value) - 1;
  }

  /** The part that was kept first of those with this number. */
  get<T>(number: number): T {
    return this.#values[number] as T; // the text said so
  }
}

/** The image made of shared parts, and a text that two images share if and only if they are the same. */
export function sharedImage(
  image: ReplicaImage,
  parts: Parts,
): { readonly image: ReplicaImage; readonly text: string } {
  const { id, counter } = image;
  const seen = parts.number(`s${textOfDots(image.seen)}`, image.seen);
  const reaped = parts.number(`c${textOfClock(image.reaped)}`, image.reaped);
  const records = image.records.map((entry) => parts.number(`r${entry[0]}=${textOfRecord(entry[1])}`, entry));
  const peers = image.peers.map((entry) => {
    const [, peer] = entry;
    return parts.number(`p${peer.id}=${textOfDots(peer.seen)}`, entry);
  });
  return {
    image: {
      id,
      counter,
      seen: parts.get(seen),
      reaped: parts.get(reaped),
      records: records.map((number) => parts.get(number)),
      peers: peers.map((number) => parts.get(number)),
    },
    text: `${id}#${counter}|${seen}|${reaped}|${records.join()}|${peers.join()}`,
  };
}

/** A text that two records share if and only if they are the same. */
export function textOfRecord({ versions, residual }: StoreRecord): string {
  const shown = versions.map(({ id, counter, value }) => `${id}:${counter}${value === undefined ? '-' : `+${value}`}`);
  return `${shown.join(',')}/${textOfDots(residual)}`;
}

/** A text that two sets share if and only if they are the same. */
export function textOfDots(set: DotSet): string {
  let text = '';
  for (const [id, from, to] of set.ranges()) text += `${id}:${from}-${to} `;
  return text;
}

/** The image as it would be if the replicas had other names. */
export function renamedImage(image: ReplicaImage, rename: Rename): ReplicaImage {
  const records = image.records.map(([key, record]): [string, StoreRecord] => [
    renamedKey(key, rename),
    renamedRecord(record, rename),
  ]);
  const peers = image.peers.map(([, { id, seen, life }]): [string, KnownPeer] => {
    const renamed = rename(id);
    return [nameOf(renamed), { id: renamed, seen: renamedDots(seen, rename), life }];
  });
  return {
    id: rename(image.id),
    counter: image.counter,
    seen: renamedDots(image.seen, rename),
    reaped: VectorClock.of([...image.reaped].map(([id, counter]) => [rename(id), counter])),
    records: records.sort(([one], [other]) => (one < other ? -1 : 1)),
    peers: peers.sort(([one], [other]) => (one < other ? -1 : 1)),
  };
}

/** A record as it would be if the replicas had other names. */
export function renamedRecord({ versions, residual }: StoreRecord, rename: Rename): StoreRecord {
  const renamed = versions.map(
    (version): Version => ({ ...version, id: rename(version.id), value: renamedValue(version.value, rename) }),
  );
  return { versions: renamed.sort(compareDots), residual: renamedDots(residual, rename) };
}

/** A set of dots as it would be if the replicas had other names. */
export function renamedDots(set: DotSet, rename: Rename): DotSet {
  let renamed = DotSet.empty;
  for (const [id, from, to] of set.ranges()) renamed = renamed.addRange(rename(id), from, to);
  return renamed;
}

/** Values name the dot under which they were written. */
function renamedValue(value: Value | undefined, rename: Rename): Value | undefined {
  if (typeof value !== 'string' || !value.includes(':')) return value;
  const at = value.lastIndexOf(':');
  return `${rename(value.slice(0, at))}${value.slice(at)}`;
}

/** The keys of members name them. */
function renamedKey(key: string, rename: Rename): string {
  const prefix = memberKeyOf('');
  if (!key.startsWith(prefix)) return key;
  return memberKeyOf(nameOf(rename(key.slice(prefix.length))));
}

function textOfClock(clock: VectorClock): string {
  return [...clock].map(([id, counter]) => `${id}:${counter}`).join(' ');
}
