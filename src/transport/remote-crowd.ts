/** How many are here, in all and from one place: what keeps one remote host from taking every place there is. */

/** Counts those who have come in and not left. */
export class RemoteCrowd {
  readonly #max: number;
  readonly #maxPerPlace: number;
  readonly #counts = new Map<string, number>();
  #count = 0;

  constructor(max: number, maxPerPlace: number) {
    this.#max = max;
    this.#maxPerPlace = maxPerPlace;
  }

  /** Why one more from this address cannot come in; undefined when it can. */
  refusal(address: string): 'full' | 'too many from there' | undefined {
    if (this.#count >= this.#max) return 'full';
    return (this.#counts.get(placeOf(address)) ?? 0) >= this.#maxPerPlace ? 'too many from there' : undefined;
  }

  /** Counts one, until what this returns is called. */
  enter(address: string): () => void {
    const place = placeOf(address);
    let isHere = true;
    this.#count += 1;
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1);
    return () => {
      if (!isHere) return;
      isHere = false;
      this.#count -= 1;
      const left = (this.#counts.get(place) ?? 1) - 1;
      if (left === 0) this.#counts.delete(place);
      else this.#counts.set(place, left);
    };
  }
}

/** What counts as one place: an IPv4 address, or the first half of an IPv6 address, whose other half hosts choose. */
export function placeOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after].slice(0, 4).join(':');
}
