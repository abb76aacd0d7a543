/**
 * Lines of bounded length from a byte stream. Every line the input holds gives one item, so that whoever answers lines
 * stays in step with whoever sends them. Knows nothing of what the lines mean.
 */

import { isUtf8 } from 'node:buffer';

/** A line, or what is wrong with it. */
export type Line = { readonly text: string } | { readonly fault: string };

const NEWLINE = 0x0a;

/**
 * The lines of each chunk as they arrive; a last line without a newline counts too.
 * Bound: a longer line is read past without being kept, and given as a fault.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Line[], void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length <= lineBytesMax) parts.push(part);
    else parts = [];
  };
  const finish = (): Line => {
    const line = length > lineBytesMax ? { fault: `the line is over ${lineBytesMax} bytes` } : decode(parts);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of input) {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, to));
      lines.push(finish());
      from = to + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [finish()];
}

function decode(parts: readonly Uint8Array[]): Line {
  const bytes = Buffer.concat(parts);
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { fault: 'the line is not UTF-8' };
}
