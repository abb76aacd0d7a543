/** Opening a store: the options people give, checked once, and the identity of the replica. */

import { misuse } from '../assert.ts';
import { checkReplicaId } from '../clock/dot.ts';
import { checkText } from '../codec/text.ts';
import { freezeValue, type Value } from '../codec/value.ts';
import { type Env, systemEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import { ID_BYTES_MAX } from '../limits.ts';
import { RULES } from '../rules.ts';
import type { Durability, StorageEngine } from '../storage/storage.ts';
import { replicaIdOf } from './membership.ts';
import type { Report, StorePolicy } from './operations.ts';
import { ReplicaState } from './replica-state.ts';
import type { DeletePolicy, Resolver } from './resolve.ts';
import type { StandardSchema } from './schema.ts';
import { VersionedKVStore } from './versioned-kv-store.ts';

export type StoreOptions<T> = {
  /** The name of this replica among its peers. Default: `replica`. */
  readonly name?: string;
  /** One life of the name, for a new store; one that is there already keeps its own. Default: drawn at random. */
  readonly incarnation?: string;
  /** The replicas that reaping waits for, by name or id. Default: this one alone. */
  readonly members?: Iterable<string>;
  /** Chooses what a reader is shown of a conflict. Default: the siblings. */
  readonly resolver?: Resolver<T>;
  /** What a delete beside a concurrent update shows. Default: `keep`, both. */
  readonly deletePolicy?: DeletePolicy;
  /** A write without a context on a key in conflict: refused (default), or it supersedes every sibling. */
  readonly onConflict?: 'refuse' | 'overwrite';
  /** Any Standard Schema: checks local writes, marks what does not fit of what peers sent. */
  readonly schema?: StandardSchema<T>;
  /** Where the store keeps its data, for instance `level('./data')`. Default: in memory only. */
  readonly storage?: StorageEngine;
  /** When a write counts as done. Default `synced`: it survives a power cut. `buffered`: a crash may lose the newest. */
  readonly durability?: Durability;
  /** Told of dot collisions, damage, new incarnations and listeners that throw. What it throws itself is ignored. */
  readonly onReport?: (report: Report) => void;
  readonly env?: Env;
  readonly [RULES]?: number;
};

const INCARNATION_CHARACTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Opens a replica: in memory, or with a `storage` a durable one that goes on where it stopped.
 * Throws: TypeError, RangeError; with a storage STORAGE_LOCKED, STORAGE_UNREADABLE, RECORD_CORRUPT, VERSION_UNSUPPORTED.
 * @example
 * const store = await openStore({ name: 'berlin' });
 * await store.put('greeting', 'hello');
 */
export async function openStore<T = Value>(options: StoreOptions<T> = {}): Promise<VersionedKVStore<T>> {
  const { name = 'replica', env = systemEnv, deletePolicy = 'keep', onConflict = 'refuse', resolver, schema } = options;
  checkText(name, 'a name', ID_BYTES_MAX);
  const incarnation = options.incarnation ?? drawIncarnation(env);
  checkText(incarnation, 'an incarnation', ID_BYTES_MAX);
  if (incarnation.includes('~')) throw new RangeError(misuse(incarnation, 'an incarnation', 'holds "~"'));
  const id = replicaIdOf(name, incarnation);
  checkReplicaId(id);
  checkChoice('deletePolicy', deletePolicy, ['keep', 'delete-wins', 'update-wins'] satisfies DeletePolicy[]);
  checkChoice('onConflict', onConflict, ['refuse', 'overwrite']);
  const broken = options[RULES];
  const policy: StorePolicy<T> = {
    resolver,
    deletePolicy,
    onConflict,
    // As below: loaded only where it is needed.
    schema: schema && new (await import('./schema.ts')).SchemaGate(schema, { freezeValue, Failure: CausalError }),
    onReport: (report) => {
      try {
        options.onReport?.(report);
      } catch {
        // A listener that fails must not undo, or seem to undo, what has happened.
      }
    },
  };
  const { members, storage, durability = 'synced' } = options;
  checkChoice('durability', durability, ['synced', 'buffered'] satisfies Durability[]);
  if (storage === undefined)
    return new VersionedKVStore<T>(new ReplicaState(id, members ?? [name], env, broken), policy);
  // Loaded only where it is needed: pages that keep everything in memory do without it.
  const { openDurable } = await import('./durable/open-durable.ts');
  return openDurable<T>({
    ...options,
    ...{ storage, durability, env, broken, policy },
    drawIncarnation: () => drawIncarnation(env),
  });
}

function checkChoice(option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw new TypeError(misuse(value, option, 'is unknown'));
}

function drawIncarnation(env: Env): string {
  let drawn = '';
  while (drawn.length < 8) drawn += INCARNATION_CHARACTERS[Math.floor(env.random() * INCARNATION_CHARACTERS.length)];
  return drawn;
}
