/** Small questions about bytes that are there already: what writers and readers of bytes do without. */

/** A plain Uint8Array of its own memory with bytes `from` to `to`, whatever subclass it is given. */
export function copyBytes(bytes: Uint8Array, from = 0, to: number = bytes.length): Uint8Array {
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}

/** Whether both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** How many bytes `varint(n)` takes. */
export function varintLength(n: number): number {
  let length = 1;
  for (let limit = 128; n >= limit; limit *= 128) length++;
  return length;
}
