/**
 * Storage that remembers everything that ever reached it: a log of commits and marks shared by the engines of a story,
 * from which the content of each of them after any part of its log can be built again. What a power cut leaves is such a
 * part: every synced commit up to some moment, and of the buffered ones after the last synced one any beginning.
 */

import { closedStorage, lockedStorage } from '../../src/storage/failure.ts';
import type {
  ByteEntry,
  ByteRange,
  Durability,
  Storage,
  StorageBatch,
  StorageEngine,
  StoragePlace,
} from '../../src/storage/storage.ts';

export type LoggedEvent =
  | { readonly engine: string; readonly kind: 'commit'; readonly batch: StorageBatch; readonly durability: Durability }
  | { readonly engine: string; readonly kind: 'mark'; readonly place: string };

/** What an engine holds at one moment; entries by the hexadecimal text of their key. */
export type Content = { readonly entries: ReadonlyMap<string, ByteEntry>; readonly place: string | undefined };

export const EMPTY_CONTENT: Content = { entries: new Map(), place: undefined };

/** A commit that is under way when `isCut` begins to say so never answers, and neither does anything after it. */
export type LoggedOptions = { readonly isCut?: () => boolean };

let marks = 0;

/** An engine called `name` that begins with `content` and writes to `log`. */
export function loggedEngine(
  name: string,
  log: LoggedEvent[],
  content: Content = EMPTY_CONTENT,
  options: LoggedOptions = {},
): StorageEngine & { readonly content: () => Content } {
  const entries = new Map(content.entries);
  let place = content.place;
  let isOpen = false;
  const alive = async (): Promise<void> => {
    await new Promise(setImmediate);
    if (options.isCut?.() === true) await new Promise(() => undefined);
  };
  const storagePlace: StoragePlace = {
    read: async () => place,
    mark: async () => {
      await alive();
      marks += 1;
      place = `mark-${marks}`;
      log.push({ engine: name, kind: 'mark', place });
      return place;
    },
  };
  const open = (): Storage => {
    let isClosed = false;
    const check = (): void => {
      if (isClosed) throw closedStorage(name);
    };
    return {
      manifest: {
        name: 'logged',
        durability: ['synced', 'buffered'],
        survives: 'power',
        keyBytesMax: 65_536,
        valueBytesMax: 2 ** 28,
      },
      place: storagePlace,
      getMany: async (keys) => {
        check();
        return keys.map((key) => entries.get(hex(key))?.[1]);
      },
      getNow: (key) => entries.get(hex(key))?.[1],
      scan: (range) => {
        check();
        return chunks(inRange(entries, range));
      },
      commit: async (batch, durability) => {
        check();
        await alive();
        apply(entries, batch);
        log.push({
          engine: name,
          kind: 'commit',
          batch: { puts: [...batch.puts], deletes: [...batch.deletes] },
          durability,
        });
        await alive();
      },
      close: () => {
        isClosed = true;
        isOpen = false;
      },
    };
  };
  return {
    name,
    content: () => ({ entries: new Map(entries), place }),
    open: async () => {
      if (isOpen) throw lockedStorage(name);
      isOpen = true;
      return open();
    },
  };
}

/** The content of `engine` after the events `from..to` of the log. */
export function replayed(
  engine: string,
  log: readonly LoggedEvent[],
  to: number,
  from = 0,
  on = EMPTY_CONTENT,
): Content {
  const entries = new Map(on.entries);
  let { place } = on;
  for (let at = from; at < to; at += 1) {
    const event = log[at];
    if (event?.engine !== engine) continue;
    if (event.kind === 'mark') place = event.place;
    else apply(entries, event.batch);
  }
  return { entries, place };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function apply(entries: Map<string, ByteEntry>, { puts, deletes }: StorageBatch): void {
  for (const entry of puts) entries.set(hex(entry[0]), entry);
  for (const key of deletes) entries.delete(hex(key));
}

function inRange(entries: ReadonlyMap<string, ByteEntry>, { from, to }: ByteRange): ByteEntry[] {
  const [low, high] = [from === undefined ? '' : hex(from), to === undefined ? undefined : hex(to)];
  const keys = [...entries.keys()].filter((key) => key >= low && (high === undefined || key < high)).sort();
  return keys.map((key) => entries.get(key) as ByteEntry); // a key of the map
}

async function* chunks(entries: readonly ByteEntry[]): AsyncGenerator<readonly ByteEntry[]> {
  for (let at = 0; at < entries.length; at += 7) yield entries.slice(at, at + 7);
}
