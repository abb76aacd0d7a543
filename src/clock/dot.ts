/**
 * A dot names one write or delete: the replica that made it, and the how-manieth of that replica it was. A dot is
 * issued once, ever. Owns what a replica id and a counter may be; knows nothing of what a dot names.
 * The idea: Almeida, Baquero, Gonçalves, Preguiça, Fonte, "Scalable and Accurate Causality Tracking" (DAIS 2014).
 */

import { checkInteger } from '../assert.ts';
import { checkText, compareText } from '../codec/text.ts';
import { CausalError } from '../errors.ts';
import { COUNTER_MAX, ID_BYTES_MAX } from '../limits.ts';

/** The name of one write or delete; counters of one id start at 1 and grow by 1. */
export type Dot = { readonly id: string; readonly counter: number };

/**
 * Accepts any well-formed string as a replica id, `__proto__` included.
 * Bound: 1 to ID_BYTES_MAX bytes of UTF-8.
 * Throws: TypeError when it is no well-formed string, RangeError when it is empty or too long.
 */
export function checkReplicaId(id: string): void {
  checkText(id, 'an id', ID_BYTES_MAX);
}

/** Accepts the integers 1 to COUNTER_MAX. Throws: RangeError for anything else. */
export function checkCounter(counter: number): void {
  checkInteger(counter, 'a counter', 1, COUNTER_MAX);
}

/** What is thrown when `id`, at `counter`, cannot name all it has to. */
export function exhausted(id: string, counter: number): CausalError {
  return new CausalError(
    'COUNTER_EXHAUSTED',
    `Cannot name another write of "${id}": its counter is at ${counter}, open a new incarnation`,
    { id, counter },
  );
}

/** Orders dots by id (UTF-8 bytes), then by counter. */
export function compareDots(a: Dot, b: Dot): number {
  return a.id === b.id ? a.counter - b.counter : compareText(a.id, b.id);
}

/** Whether both name the same write. */
export function sameDot(a: Dot, b: Dot): boolean {
  return a.counter === b.counter && a.id === b.id;
}

/** `id:counter`; the id may itself hold colons. */
export function formatDot(dot: Dot): string {
  return `${dot.id}:${dot.counter}`;
}

/** Reads what formatDot wrote. Throws: ENCODING_INVALID for anything that formatDot would not write. */
export function parseDot(text: string): Dot {
  const colon = text.lastIndexOf(':');
  const dot = { id: text.slice(0, Math.max(colon, 0)), counter: Number(text.slice(colon + 1)) };
  try {
    checkReplicaId(dot.id);
    checkCounter(dot.counter);
    if (formatDot(dot) === text) return dot;
  } catch (cause) {
    throw badDot(text, cause);
  }
  throw badDot(text);
}

function badDot(text: string, cause?: unknown): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read dot ${JSON.stringify(text)}: give id:counter.`, {}, cause);
}
