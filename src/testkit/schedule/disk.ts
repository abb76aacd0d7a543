/**
 * The disk of one replica of a run: an engine around another one, whose owner may die without closing, whose content may
 * be copied, put back and harmed. Everything committed is there again when it is opened the next time. Knows the layout
 * only to find the record of a key.
 */

import { CausalError } from '../../errors.ts';
import type { ByteEntry, Storage, StorageEngine } from '../../storage/storage.ts';
import { EVERYTHING, KIND, textKey } from '../../store/durable/layout.ts';

/** Everything a disk holds, in key order. */
export type Image = readonly ByteEntry[];

/** `before`: the next commit does not happen; `after`: it does, and nobody hears of it. The disk is cut off with it. */
export type Death = 'before' | 'after';

/** What becomes of a record: its entry vanishes, or a bit of it turns. */
export type Harm = 'gone' | 'flipped';

/** An engine that outlives the stores on it, whatever becomes of them. */
export class Disk implements StorageEngine {
  readonly name: string = 'disk';
  readonly #inner: StorageEngine;
  #opened: Storage | undefined;
  #death: Death | undefined;
  #place: string | undefined;
  #marks = 0;

  constructor(inner: StorageEngine) {
    this.#inner = inner;
  }

  readonly open = async (): Promise<Storage> => {
    const storage = await this.#inner.open();
    this.#opened = storage;
    this.#death = undefined;
    const alive = (): Storage => {
      if (this.#opened === storage) return storage;
      throw new CausalError('STORAGE_FAILED', 'Cannot reach the disk: it was cut off, open it again');
    };
    const { getNow } = storage;
    return {
      manifest: storage.manifest,
      place: {
        read: () => Promise.resolve(this.#place),
        mark: () => {
          this.move();
          return Promise.resolve(this.#place ?? '');
        },
      },
      getMany: (keys) => alive().getMany(keys),
      ...(getNow === undefined ? {} : { getNow: (key: Uint8Array) => alive().getNow?.(key) }),
      scan: (range) => alive().scan(range),
      commit: async (batch, durability) => {
        const death = this.#death;
        if (death !== 'before') await alive().commit(batch, durability);
        if (death !== undefined) await this.cutOff();
        alive();
      },
      close: async () => {
        if (this.#opened === storage) await this.cutOff();
      },
    };
  };

  /** The process that had it open is gone; the next one may open it. */
  async cutOff(): Promise<void> {
    const storage = this.#opened;
    this.#opened = undefined;
    await storage?.close();
  }

  /** Cuts the disk off at the next commit. */
  dieAtCommit(death: Death): void {
    this.#death = death;
  }

  /** The bytes are not where they were any more. */
  move(): void {
    this.#marks += 1;
    this.#place = `place ${this.#marks}`;
  }

  /** A copy of what is there; also while a store has it open, as `cp` would make it. */
  async image(): Promise<Image> {
    if (this.#opened !== undefined) return entriesOf(this.#opened);
    return this.#whileClosed(entriesOf);
  }

  /** Replaces everything; nobody may have it open. */
  async write(image: Image): Promise<void> {
    await this.#whileClosed(async (storage) => {
      const kept = new Set(image.map(([key]) => String(key)));
      const deletes = (await entriesOf(storage)).map(([key]) => key).filter((key) => !kept.has(String(key)));
      await storage.commit({ puts: image, deletes }, 'synced');
    });
  }

  /** Harms the record of a key; nobody may have it open. */
  async harm(key: string, harm: Harm): Promise<void> {
    const at = textKey(KIND.record, key);
    await this.#whileClosed(async (storage) => {
      const [sealed] = await storage.getMany([at]);
      if (sealed === undefined) return;
      const middle = sealed.length >> 1;
      const flipped = sealed.map((byte, index) => (index === middle ? byte ^ 4 : byte));
      await storage.commit(
        harm === 'gone' ? { puts: [], deletes: [at] } : { puts: [[at, flipped]], deletes: [] },
        'synced',
      );
    });
  }

  async #whileClosed<R>(use: (storage: Storage) => Promise<R>): Promise<R> {
    if (this.#opened !== undefined) throw new RangeError('somebody has the disk open');
    const storage = await this.#inner.open();
    try {
      return await use(storage);
    } finally {
      await storage.close();
    }
  }
}

async function entriesOf(storage: Storage): Promise<Image> {
  const found: ByteEntry[] = [];
  for await (const chunk of storage.scan(EVERYTHING)) found.push(...chunk);
  return found;
}
