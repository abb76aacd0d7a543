/**
 * A backup: every entry of one snapshot of a store's engine, in key order, behind a head that names the format and before
 * an end that names how many there were and their checksum. It says nothing of engines: what was saved from one can be
 * restored into another. A restored store opens under a new incarnation, since it has forgotten what it issued after.
 */

import { equalBytes } from '../../codec/byte-arrays.ts';
import { ByteWriter } from '../../codec/bytes.ts';
import { crc32 } from '../../codec/checksum.ts';
import { writeBytes } from '../../codec/parts.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry, Storage, StorageEngine } from '../../storage/storage.ts';
import { EVERYTHING } from './layout.ts';
import { decodeIdentity, encodeIdentity, IDENTITY_KEY, RESTORING_KEY } from './stored-meta.ts';

const HEAD: Uint8Array = Uint8Array.of(0x43, 0x41, 0x49, 0x52, 0x4e, 0x42, 0x4b, 1); // "CAIRNBK", format 1
const ENTRY = 1;
const END = 0;
const BATCH_BYTES = 1024 * 1024;
const ENTRY_BYTES_MAX = 0x7fffffff;

/** The bytes of a backup, chunk by chunk. `flush` makes durable what is not yet. */
export async function* backupOf(storage: Storage, flush: () => Promise<void>): AsyncGenerator<Uint8Array> {
  await flush();
  let sum = crc32(HEAD);
  let entries = 0;
  yield HEAD;
  for await (const chunk of storage.scan(EVERYTHING)) {
    const writer = new ByteWriter(64 * 1024);
    for (const [key, value] of chunk) {
      writer.u8(ENTRY);
      writeBytes(writer, key);
      writeBytes(writer, value);
      entries += 1;
    }
    const bytes = writer.finish();
    sum = crc32(bytes, sum);
    yield bytes;
  }
  const end = new ByteWriter();
  end.u8(END);
  end.varint(entries);
  const bytes = end.finish();
  sum = crc32(bytes, sum);
  const sealed = new ByteWriter();
  sealed.raw(bytes);
  for (const shift of [24, 16, 8, 0]) sealed.u8((sum >>> shift) & 255);
  yield sealed.finish();
}

/**
 * Writes a backup into an engine that holds nothing yet. Until it is there whole, what is written is no store: a restore
 * cut off can be begun again. Throws: RECORD_CORRUPT for a damaged backup, VERSION_UNSUPPORTED, STORAGE_LOCKED.
 */
export async function restoreBackup(
  backup: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  engine: StorageEngine,
  onProgress?: (entries: number) => void,
): Promise<{ readonly entries: number }> {
  const storage = await engine.open();
  try {
    await makeRoom(storage, engine.name);
    const reader = new BackupReader();
    let batch: ByteEntry[] = [];
    let room = BATCH_BYTES;
    let last: ByteEntry | undefined;
    let entries = 0;
    for await (const chunk of backup) {
      for (const entry of reader.take(chunk)) {
        entries += 1;
        if (equalBytes(entry[0], IDENTITY_KEY)) {
          last = encodeIdentity({ ...decodeIdentity(entry[1]), place: '', isClean: false });
          continue;
        }
        batch.push(entry);
        room -= entry[0].length + entry[1].length;
        if (room > 0) continue;
        await storage.commit({ puts: batch, deletes: [] }, 'buffered');
        onProgress?.(entries);
        batch = [];
        room = BATCH_BYTES;
      }
    }
    reader.expectEnd();
    if (last === undefined) throw damaged('it names no replica');
    await storage.commit({ puts: [...batch, last], deletes: [RESTORING_KEY] }, 'synced');
    return { entries };
  } finally {
    await storage.close();
  }
}

/** Takes an empty place, or one in which a restore was cut off, which is emptied. */
async function makeRoom(storage: Storage, name: string): Promise<void> {
  const [restoring] = await storage.getMany([RESTORING_KEY]);
  for await (const chunk of storage.scan(EVERYTHING)) {
    if (restoring === undefined && chunk.length > 0)
      throw new TypeError(`Cannot restore into ${name}: there is data already, give an empty place`);
    await storage.commit(
      {
        puts: [[RESTORING_KEY, HEAD]],
        deletes: chunk.map(([key]) => key).filter((key) => !equalBytes(key, RESTORING_KEY)),
      },
      'synced',
    );
  }
  if (restoring === undefined) await storage.commit({ puts: [[RESTORING_KEY, HEAD]], deletes: [] }, 'synced');
}

/** Cuts the chunks of a backup, of whatever size, into entries. */
class BackupReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #sum = 0;
  #entries = 0;
  #hasHead = false;
  #isAtEnd = false;

  *take(chunk: Uint8Array): Generator<ByteEntry> {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = new Uint8Array(rest.length + chunk.length);
    this.#bytes.set(rest);
    this.#bytes.set(chunk, rest.length);
    this.#at = 0;
    if (!this.#hasHead) {
      if (this.#bytes.length < HEAD.length) return;
      this.#readHead();
    }
    while (!this.#isAtEnd && this.#bytes[this.#at] === ENTRY) {
      const from = this.#at;
      this.#at += 1;
      const key = this.#field();
      const value = key === undefined ? undefined : this.#field();
      if (key === undefined || value === undefined) {
        this.#at = from;
        return;
      }
      this.#sum = crc32(this.#bytes, this.#sum, from, this.#at);
      this.#entries += 1;
      yield [key, value];
    }
    if (this.#bytes[this.#at] !== undefined && this.#bytes[this.#at] !== ENTRY) this.#isAtEnd = true;
  }

  /** Throws RECORD_CORRUPT unless the end is there and fits. */
  expectEnd(): void {
    const rest = this.#bytes.subarray(this.#at);
    const end = new ByteWriter();
    end.u8(END);
    end.varint(this.#entries);
    const bytes = end.finish();
    const sum = crc32(bytes, this.#sum);
    for (const shift of [24, 16, 8, 0]) end.u8((sum >>> shift) & 255);
    const whole = end.finish();
    if (!this.#hasHead || rest.length !== whole.length || !whole.every((byte, at) => rest[at] === byte))
      throw damaged('it is cut off or was changed');
  }

  #readHead(): void {
    const named = HEAD.length - 1;
    for (let at = 0; at < named; at += 1) if (this.#bytes[at] !== HEAD[at]) throw damaged('it does not begin as one');
    if (this.#bytes[named] !== HEAD[named]) {
      throw new CausalError(
        'VERSION_UNSUPPORTED',
        `Cannot read the backup: it is of format ${this.#bytes[named]}, this release reads ${HEAD[named]}`,
      );
    }
    this.#sum = crc32(HEAD);
    this.#at = HEAD.length;
    this.#hasHead = true;
  }

  /** The next length and as many bytes; undefined until all of it is here. */
  #field(): Uint8Array | undefined {
    let length = 0;
    let scale = 1;
    let at = this.#at;
    for (let byte = 128; byte > 127; scale *= 128, at += 1) {
      if (at >= this.#bytes.length) return undefined;
      byte = this.#bytes[at] as number; // in bounds
      length += (byte & 127) * scale;
      if (length > ENTRY_BYTES_MAX) throw damaged('an entry is too long');
    }
    if (at + length > this.#bytes.length) return undefined;
    this.#at = at + length;
    return this.#bytes.slice(at, this.#at);
  }
}

function damaged(why: string): CausalError {
  return new CausalError('RECORD_CORRUPT', `Cannot restore the backup: ${why}, make another one`);
}
