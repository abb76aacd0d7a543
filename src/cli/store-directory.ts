/**
 * Opening the store in a directory for one command. A command that only reads makes nothing: where no store is, it says
 * so; one that fails before the store it made has taken a write leaves none. What the store reports on the way goes to stderr.
 */

import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CausalError } from '../errors.ts';
import { reasonNotToMake } from '../storage/directory-contents.ts';
import type { Storage, StorageEngine } from '../storage/storage.ts';
import { identityIn } from '../store/durable/open-durable.ts';
import { openStore } from '../store/open-store.ts';
import type { Report } from '../store/operations.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { CommandError, UsageError } from './command.ts';
import { directoryBefore, putBack } from './new-directory.ts';
import { notice, quoted } from './output.ts';
import { isAddress } from './serve/addresses.ts';
import { engineFor, engineIn } from './store-engine.ts';

export type Store = VersionedKVStore<unknown>;

/** `create`: a store is made where none is, under `name`, or else the name of the directory; not when `use` fails. */
export type OpenOptions = { readonly create?: boolean; readonly name?: string | undefined };

/** Takes a store away that was made and has taken no write; for a `use` that closes the store itself when it fails. */
export type Undo = (error: unknown) => Promise<void>;

/** What V8 says of a defect of ours begins like our own sentences do. */
const OF_THE_ENGINE = /^Cannot (?:read|set) propert|^Cannot (?:access|convert|destructure|assign|mix|create prop)/;

/** Opens the store, lets `use` have it and its bytes, and closes it. Throws: CommandError, STORAGE_LOCKED and others. */
export async function withStore<R>(
  directory: string,
  options: OpenOptions,
  use: (store: Store, storage: Storage, undo: Undo) => Promise<R>,
): Promise<R> {
  if (isAddress(directory)) throw new UsageError(`Cannot open ${directory}: give the directory of a store here`);
  const { create = false, name } = options;
  const isThere = hasFiles(directory);
  if (!isThere && !create) throw await noStore(directory);
  const before = await directoryBefore(directory);
  let storage: Storage | undefined;
  const engine = engineFor(directory);
  const guarded: StorageEngine = {
    name: engine.name,
    open: async () => {
      storage = await engine.open();
      const identity = await identityIn(storage);
      if (identity === undefined && !create) throw await closed(storage, await noStore(directory));
      if (identity !== undefined && name !== undefined && name !== identity.name) {
        const other = `it is the store of ${quoted(identity.name)}, leave --name out`;
        throw await closed(storage, new CommandError(`Cannot open ${directory} as ${quoted(name)}: ${other}`));
      }
      fresh = identity === undefined;
      return storage;
    },
  };
  let fresh = false;
  const chosen = name ?? (isThere ? undefined : basename(resolve(directory)));
  const store: Store = await sayPlainly(() =>
    openStore<unknown>({ storage: guarded, onReport: tell, ...(chosen === undefined ? {} : { name: chosen }) }),
  );
  let isKept = fresh;
  const undo = async (error: unknown): Promise<void> => {
    if (isKept && !store.isClosed && hasTakenNothing(store, error)) isKept = !(await putBack(before));
  };
  try {
    return await sayPlainly(() => use(store, storage as Storage, undo)); // as: opening the store has opened it
  } catch (error) {
    await undo(error);
    throw error;
  } finally {
    await store.close();
    if (isKept) notice(`Made a store in ${directory}: the replica ${quoted(store.name)}.`);
  }
}

/** Whether no write can be in a store that was made for a command which failed. */
function hasTakenNothing(store: Store, error: unknown): boolean {
  const isCertain = !(error instanceof CausalError && error.outcome === 'unknown');
  return isCertain && stateOf(store).knowledge.seen.isEmpty;
}

/** Whether there are the files of an engine. */
export function hasFiles(directory: string): boolean {
  return engineIn(directory) !== undefined;
}

/** Brings every key into memory; of a damaged store all that is left, and which keys are damaged. */
export async function loadAll(store: Store): Promise<readonly string[]> {
  try {
    await store.load();
  } catch (error) {
    if (!(error instanceof CausalError && error.code === 'RECORD_CORRUPT') || stateOf(store).damaged.size === 0)
      throw error;
  }
  return [...stateOf(store).damaged.keys()].sort();
}

/** Says that keys are missing from what is shown. */
export function warnOfDamage(keys: readonly string[]): void {
  if (keys.length > 0)
    notice(`${keys.length} damaged keys are not shown: exchange with a healthy peer. See: cairn verify`);
}

/** The bytes of all files in a directory. */
export async function directoryBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(directory, entry.name))).size;
  return bytes;
}

/** Misuse that the store refuses is one the command line was given: its sentence says all there is to say. */
async function sayPlainly<R>(step: () => Promise<R>): Promise<R> {
  try {
    return await step();
  } catch (error) {
    const isRefusal = error instanceof TypeError || error instanceof RangeError;
    if (isRefusal && error.message.startsWith('Cannot ') && !OF_THE_ENGINE.test(error.message))
      throw new CommandError(error.message);
    throw error;
  }
}

async function closed(storage: Storage, error: Error): Promise<Error> {
  await storage.close();
  return error;
}

/** Of a directory in which a store cannot be made, it does not say to make one. */
async function noStore(directory: string): Promise<CommandError> {
  const why = hasFiles(directory) ? undefined : await reasonNotToMake('level', directory).catch(() => undefined);
  return new CommandError(
    `Cannot open ${directory}: ${why ?? `there is no store, make one with: cairn put ${directory} KEY JSON`}`,
  );
}

function tell(report: Report): void {
  const sentence = sentenceOf(report);
  if (sentence !== undefined) notice(sentence);
}

function sentenceOf(report: Report): string | undefined {
  switch (report.kind) {
    case 'renewed':
      return `The replica goes on as ${report.id}: ${report.why}.`;
    case 'damage':
      return `${report.dots.length} versions were lost${keysOf(report.keys)}.`;
    case 'collision':
      return `One dot names two writes of ${quoted(report.key)}: both are kept as siblings.`;
    case 'listener-failed':
      return undefined;
  }
}

function keysOf(keys: readonly string[] | undefined): string {
  return keys === undefined ? ' and were filled in again' : `, of ${keys.map(quoted).join(', ')}`;
}
