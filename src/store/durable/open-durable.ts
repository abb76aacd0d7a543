/**
 * Opens the state of a durable store: makes one in an empty engine, or reads who it is and what it knows, and decides
 * whether it may go on under its incarnation. Wherever it is not certain that nothing was issued that this place does not
 * know of, a new incarnation begins. Records are read when they are needed.
 */

import { DotSet } from '../../clock/dot-set.ts';
import { VectorClock } from '../../clock/vector-clock.ts';
import type { Env } from '../../env.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry, Durability, Storage, StorageEngine } from '../../storage/storage.ts';
import { replicaIdOf } from '../membership.ts';
import type { StorePolicy } from '../operations.ts';
import { ReplicaState } from '../replica-state.ts';
import { VersionedKVStore } from '../versioned-kv-store.ts';
import { Damage } from './damage.ts';
import { DurableJournal } from './durable-journal.ts';
import { IdBook } from './id-book.ts';
import { corrupt, EVERYTHING, KIND, rangeOf, STORED_FORMAT, textOf } from './layout.ts';
import { NameMends } from './name-mends.ts';
import { NO_NAMES } from './names.ts';
import {
  CLOCKS_KEY,
  decodeClocks,
  decodeIdentity,
  decodeLives,
  decodeMoment,
  decodePeer,
  encodeClocks,
  encodeIdentity,
  encodeMoment,
  formatOf,
  IDENTITY_KEY,
  type Identity,
  LIFE_MAX,
  LIVES_KEY,
  MOMENT_KEY,
  type Moment,
  NOWHERE,
  peerNameOf,
  RESTORING_KEY,
} from './stored-meta.ts';

/** What `openStore` was asked for. */
export type DurableOptions<T> = {
  readonly storage: StorageEngine;
  readonly durability: Durability;
  readonly name?: string | undefined;
  readonly incarnation?: string | undefined;
  readonly members?: Iterable<string> | undefined;
  readonly env: Env;
  /** As of `brokenBits`. */
  readonly broken: number | undefined;
  readonly drawIncarnation: () => string;
  readonly policy: StorePolicy<T>;
};

const FIRST_MOMENT: Moment = {
  ...{ sequence: 1, counter: 0, ids: 0, live: { hi: 0, lo: 0 }, marks: 0, dots: { hi: 0, lo: 0 } },
  ...{ collisions: 0, mends: 0, reapedStable: 0, reapedByForce: 0, named: 0, stale: 0, names: NO_NAMES },
};

/** Throws: STORAGE_LOCKED, STORAGE_UNREADABLE, VERSION_UNSUPPORTED, RECORD_CORRUPT; then the engine is closed again. */
export async function openDurable<T>(options: DurableOptions<T>): Promise<VersionedKVStore<T>> {
  const storage = await options.storage.open();
  try {
    if (!storage.manifest.durability.includes(options.durability))
      throw new TypeError(`Cannot open ${options.storage.name}: it offers no ${options.durability} commits`);
    return await openIn(storage, options);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function openIn<T>(storage: Storage, options: DurableOptions<T>): Promise<VersionedKVStore<T>> {
  const { durability, policy } = options;
  const [sealed] = await storage.getMany([IDENTITY_KEY]);
  const isNew = sealed === undefined;
  const stored = isNew ? await create(storage, options) : decodeIdentity(sealed);
  if (options.name !== undefined && options.name !== stored.name)
    throw new TypeError(
      `Cannot open ${options.storage.name} as "${options.name}": it is the store of "${stored.name}"`,
    );
  const meta = new Map<string, ByteEntry>();
  for await (const chunk of storage.scan(rangeOf(KIND.meta)))
    for (const entry of chunk) meta.set(textOf(entry[0]), entry);
  const moment = decodeMoment(partOf(meta, MOMENT_KEY));
  const clocks = decodeClocks(partOf(meta, CLOCKS_KEY));
  const told = meta.get(textOf(LIVES_KEY));
  const starts = told === undefined ? [] : decodeLives(told[1], stored);
  const ids = new IdBook();
  for await (const chunk of storage.scan(rangeOf(KIND.id))) for (const entry of chunk) ids.take(entry);
  ids.restore(moment.ids);
  const members = options.members === undefined ? stored.members : [...options.members];
  const id = replicaIdOf(stored.name, stored.incarnation);
  const state = new ReplicaState(id, members, options.env, options.broken);
  const { knowledge, membership, table } = state;
  knowledge.restore(clocks.others, moment.counter, clocks.reaped);
  for (const [text, [, peer]] of meta) {
    const name = peerNameOf(text);
    if (name !== undefined) membership.restore(name, decodePeer(name, peer));
  }
  table.liveHash = moment.live;
  table.marks = moment.marks ?? 0;
  table.areMarksWhole = moment.marks !== undefined;
  state.collisions = moment.collisions;
  state.mends = moment.mends;
  state.reapedStable = moment.reapedStable;
  state.reapedByForce = moment.reapedByForce;
  const mends = new NameMends();
  const damage = new Damage(state.damaged, ids, mends);
  for await (const chunk of storage.scan(rangeOf(KIND.damaged))) for (const entry of chunk) damage.take(entry);
  const { drawIncarnation } = options;
  const { onReport } = policy;
  const isOld = !isNew && formatOf(sealed) < STORED_FORMAT;
  const parts = { storage, ids, damage, mends, identity: stored, moment };
  const opened = { ...parts, identity: { ...stored, starts }, isNew, isOld, durability, drawIncarnation, onReport };
  const journal = new DurableJournal(state, opened);
  const life = 1 + Math.floor(options.env.random() * LIFE_MAX);
  await journal.begin(await continuityOf(storage, stored, isNew), members, life);
  return new VersionedKVStore(state, policy, journal);
}

/** Why the incarnation cannot go on; undefined when it is certain that it can. */
async function continuityOf(storage: Storage, stored: Identity, isNew: boolean): Promise<string | undefined> {
  if (isNew) return undefined;
  if (stored.place === '') return 'it was restored from a backup';
  if (!stored.isClean) return 'it was not closed, and its last writes were buffered';
  if (storage.place !== undefined && (await storage.place.read()) !== stored.place)
    return 'its files are a copy, or were restored';
  return undefined;
}

async function create<T>(storage: Storage, options: DurableOptions<T>): Promise<Identity> {
  const [restoring] = await storage.getMany([RESTORING_KEY]);
  if (restoring !== undefined)
    throw new CausalError(
      'RECORD_CORRUPT',
      `Cannot open ${options.storage.name}: a restore was cut off, restore again`,
    );
  for await (const chunk of storage.scan(EVERYTHING))
    if (chunk.length > 0) throw corrupt(IDENTITY_KEY, 'there is data, but nothing says whose');
  const name = options.name ?? 'replica';
  const identity: Identity = {
    name,
    incarnation: options.incarnation ?? options.drawIncarnation(),
    place: (await storage.place?.mark()) ?? NOWHERE,
    isClean: true,
    members: [...(options.members ?? [name])],
    lives: [],
    starts: [],
  };
  const clocks = encodeClocks({ others: DotSet.empty, reaped: VectorClock.empty });
  await storage.commit({ puts: [encodeIdentity(identity), encodeMoment(FIRST_MOMENT), clocks], deletes: [] }, 'synced');
  return identity;
}

function partOf(meta: ReadonlyMap<string, ByteEntry>, key: Uint8Array): Uint8Array {
  const entry = meta.get(textOf(key));
  if (entry === undefined) throw corrupt(key, 'it is gone');
  return entry[1];
}

/** For people: what the engine at a place holds, without opening it as a store. */
export async function identityIn(storage: Storage): Promise<Identity | undefined> {
  const [sealed] = await storage.getMany([IDENTITY_KEY]);
  return sealed === undefined ? undefined : decodeIdentity(sealed);
}
