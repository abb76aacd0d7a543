/**
 * Which key an operation goes to. Zipf as in YCSB (Cooper et al., SoCC 2010), by a table and not by its approximation.
 * `as` in this file is for places of that table.
 */

import type { Random } from '../../random.ts';
import type { KeyChoice } from './setting.ts';

/** Draws key numbers out of 0..count-1; `count` may have grown by inserts since the table was made. */
export class KeyChooser {
  readonly #choice: KeyChoice;
  readonly #table: Float64Array;

  constructor(choice: KeyChoice, count: number) {
    this.#choice = choice;
    this.#table =
      choice.kind === 'zipf' || choice.kind === 'latest' ? zipfTable(count, choice.skew) : new Float64Array();
  }

  draw(count: number, random: Random): number {
    const choice = this.#choice;
    switch (choice.kind) {
      case 'uniform':
        return random.below(count);
      case 'zipf':
        return Math.min(this.#rank(random), count - 1);
      case 'latest':
        return Math.max(0, count - 1 - this.#rank(random));
      case 'hotspot': {
        const hot = Math.max(1, Math.round(choice.keys * count));
        if (hot >= count || random.chance(choice.operations)) return random.below(Math.min(hot, count));
        return hot + random.below(count - hot);
      }
      default:
        throw new TypeError(`Cannot draw a key: ${JSON.stringify(choice satisfies never)} is of no known kind`);
    }
  }

  #rank(random: Random): number {
    const wanted = random.fraction();
    let low = 0;
    let high = this.#table.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#table[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Running sums of the shares. */
function zipfTable(count: number, skew: number): Float64Array {
  const table = new Float64Array(count);
  let sum = 0;
  for (let at = 0; at < count; at += 1) {
    sum += 1 / (at + 1) ** skew;
    table[at] = sum;
  }
  // Rounded, so that the last bit of a power decides nothing.
  for (let at = 0; at < count; at += 1) table[at] = Math.round(((table[at] as number) / sum) * 2 ** 40) / 2 ** 40; // in range
  return table;
}
