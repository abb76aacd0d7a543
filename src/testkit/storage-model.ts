/**
 * What a storage engine is compared with: a plain map that is sorted when asked, and the small words the laws of the
 * storage suite are written in. Shares nothing with any engine but the port.
 */

import type { ByteEntry, ByteRange, Storage, StorageBatch } from '../storage/storage.ts';

/** Ends a law with what was seen when `condition` does not hold. */
export function demandThat(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new Error(seen);
}

/** Bytes of a few numbers. */
export function bytesOf(...numbers: readonly number[]): Uint8Array {
  return Uint8Array.from(numbers);
}

/** The order of the port: byte by byte, a prefix first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Bytes for a message: as hex, and no more of them than a person reads. */
export function shown(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'nothing';
  const hex = [...bytes.subarray(0, 12)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length <= 12 ? `<${hex}>` : `<${hex}… ${bytes.length} bytes>`;
}

/** A map of bytes as the port describes it, in the slowest and most obvious way. */
export class StorageModel {
  #entries: readonly ByteEntry[] = [];

  /** A batch, whole. */
  commit({ puts, deletes }: StorageBatch): void {
    const named = [...puts.map(([key]) => key), ...deletes].map(textOf);
    const others = this.#entries.filter(([key]) => !named.includes(textOf(key)));
    this.#entries = [...others, ...puts].sort(([a], [b]) => compareBytes(a, b));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.find(([other]) => compareBytes(key, other) === 0)?.[1];
  }

  scan({ from, to }: ByteRange): readonly ByteEntry[] {
    return this.#entries.filter(
      ([key]) =>
        (from === undefined || compareBytes(key, from) >= 0) && (to === undefined || compareBytes(key, to) < 0),
    );
  }
}

/** Everything a scan yields. */
export async function collect(chunks: AsyncIterable<readonly ByteEntry[]>): Promise<ByteEntry[]> {
  const entries: ByteEntry[] = [];
  for await (const chunk of chunks) entries.push(...chunk);
  return entries;
}

/** Ends the law unless the storage says of `keys` what is expected, by every way of reading it has. */
export async function demandValues(
  storage: Storage,
  keys: readonly Uint8Array[],
  expected: readonly (Uint8Array | undefined)[],
): Promise<void> {
  const found = await storage.getMany(keys);
  demandThat(found.length === keys.length, `getMany gave ${found.length} values for ${keys.length} keys`);
  for (const [index, key] of keys.entries()) {
    const right = expected[index];
    demandBytes(found[index], right, `getMany of ${shown(key)}`);
    if (storage.getNow !== undefined) demandBytes(storage.getNow(key), right, `getNow of ${shown(key)}`);
  }
}

/** Ends the law unless both lists have the same entries in the same order. */
export function demandEntries(found: readonly ByteEntry[], expected: readonly ByteEntry[], what: string): void {
  for (const [index, [key, value]] of expected.entries()) {
    demandBytes(found[index]?.[0], key, `${what}: key ${index}`);
    demandBytes(found[index]?.[1], value, `${what}: value ${index}`);
  }
  demandThat(found.length === expected.length, `${what}: ${found.length} entries instead of ${expected.length}`);
}

/** Ends the law unless the bytes are those expected, as a plain Uint8Array. */
export function demandBytes(found: Uint8Array | undefined, expected: Uint8Array | undefined, what: string): void {
  const isSame =
    found === undefined || expected === undefined ? found === expected : compareBytes(found, expected) === 0;
  demandThat(isSame, `${what} is ${shown(found)} instead of ${shown(expected)}`);
  demandThat(
    found === undefined || Object.getPrototypeOf(found) === Uint8Array.prototype,
    `${what} is not a plain Uint8Array`,
  );
}

/** Ends the law unless `use` fails with an error of this code. */
export async function demandRefusal(code: string, what: string, use: () => unknown): Promise<void> {
  let error: unknown;
  try {
    await use();
  } catch (thrown) {
    error = thrown;
  }
  demandThat(error !== undefined, `${what} was not refused`);
  const seen = error instanceof Error && 'code' in error ? error.code : undefined;
  demandThat(seen === code, `${what} was refused with ${String(seen ?? error)} instead of ${code}`);
}

function textOf(bytes: Uint8Array): string {
  return bytes.join();
}
