/**
 * What both sides of a stream remember of the texts they have exchanged, and what of a text need not be sent again: a
 * cache with one place for each of 256 hashes, and prefixes shared with another text. Reader and writer call the same
 * functions in the same order and so stay in step.
 */

/** Where texts that are not cached would be. */
const NOT_CACHED = 256;
const CACHED_UNITS_MAX = 64;
/** A shorter prefix saves nothing. */
const PREFIX_UNITS_MIN = 3;

/** The texts that both sides can refer to, one for each hash. */
export class TextCache {
  readonly #texts: string[] = new Array<string>(NOT_CACHED + 1).fill('');
  /** For each text the life of the cache in which it was kept, so that a reset costs nothing. */
  readonly #lives: number[] = new Array<number>(NOT_CACHED + 1).fill(0);
  #life = 1;

  at(index: number): string | undefined {
    return this.#lives[index] === this.#life ? this.#texts[index] : undefined;
  }

  keep(index: number, text: string): void {
    if (index === NOT_CACHED) return;
    this.#texts[index] = text;
    this.#lives[index] = this.#life;
  }

  reset(): void {
    this.#life++;
  }
}

/** Where in the cache a text is, if it is there. */
export function cacheIndex(text: string): number {
  const length = text.length;
  if (length < 2 || length > CACHED_UNITS_MAX) return NOT_CACHED;
  let hash = length;
  for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 15)) & 255;
}

/** How many units of its beginning a text shares with the last one of its slot, if that saves anything. */
export function sharedUnits(text: string, last: string): number {
  const limit = Math.min(text.length, last.length);
  let shared = 0;
  while (shared < limit && text.charCodeAt(shared) === last.charCodeAt(shared)) shared++;
  if (endsInPair(text, shared)) shared--;
  return shared < PREFIX_UNITS_MIN ? 0 : shared;
}

/** True when the unit before `end` is the first of a pair. */
export function endsInPair(text: string, end: number): boolean {
  return end > 0 && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
}
