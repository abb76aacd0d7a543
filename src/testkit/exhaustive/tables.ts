/**
 * Tables of numbers for searches of many millions of states: what two numbers lead to, and the states themselves, each
 * once. Plain typed arrays in open addressing, because a Map of JavaScript ends at 16 million entries and takes five times
 * the room. Knows nothing of what the numbers mean.
 */

const PAGE_BITS = 18;
const PAGE = 1 << PAGE_BITS;

/** A table from pairs of numbers below 2³² to a number below 2³¹. */
export class PairTable {
  #keys = new Uint32Array(2 * 1024);
  #values = new Int32Array(1024).fill(-1);
  #mask = 1023;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What the pair leads to, or -1. */
  get(one: number, other: number): number {
    return this.#values[this.#find(one, other)] ?? -1;
  }

  set(one: number, other: number, value: number): void {
    const at = this.#find(one, other);
    if (this.#values[at] === -1) this.#size += 1;
    this.#keys[2 * at] = one;
    this.#keys[2 * at + 1] = other;
    this.#values[at] = value;
    if (this.#size * 2 > this.#mask) this.#grow();
  }

  #find(one: number, other: number): number {
    const keys = this.#keys;
    let at = mix(mix(0, one), other) & this.#mask;
    while (this.#values[at] !== -1 && (keys[2 * at] !== one || keys[2 * at + 1] !== other)) at = (at + 1) & this.#mask;
    return at;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#mask = this.#mask * 2 + 1;
    this.#keys = new Uint32Array(2 * (this.#mask + 1));
    this.#values = new Int32Array(this.#mask + 1).fill(-1);
    this.#size = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? -1;
      if (value !== -1) this.set(keys[2 * at] ?? 0, keys[2 * at + 1] ?? 0, value);
    }
  }
}

/** Tuples of `width` numbers below 2³², each once, by the order in which they came; with one more number beside each. */
export class TupleTable {
  readonly #width: number;
  readonly #pages: Uint32Array[] = [];
  #slots = new Uint32Array(1 << 12);
  #mask = (1 << 12) - 1;
  #size = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether `tuple` is new; then it is kept, with `beside`. */
  add(tuple: readonly number[], beside: number): boolean {
    const width = this.#width;
    let hash = 0;
    for (let part = 0; part < width; part++) hash = mix(hash, tuple[part] ?? 0);
    let at = (hash >>> 0) & this.#mask;
    for (let slot = this.#slots[at] ?? 0; slot !== 0; slot = this.#slots[at] ?? 0) {
      if (this.#isAt(slot - 1, tuple)) return false;
      at = (at + 1) & this.#mask;
    }
    const index = this.#size++;
    const page = (this.#pages[index >>> PAGE_BITS] ??= new Uint32Array(PAGE * (width + 1)));
    const from = (index & (PAGE - 1)) * (width + 1);
    for (let part = 0; part < width; part++) page[from + part] = tuple[part] ?? 0;
    page[from + width] = beside;
    this.#slots[at] = index + 1;
    if (this.#size * 2 > this.#mask) this.#grow();
    return true;
  }

  /** Part `part` of the tuple at `index`; part `width` is what was kept beside it. */
  part(index: number, part: number): number {
    return this.#pages[index >>> PAGE_BITS]?.[(index & (PAGE - 1)) * (this.#width + 1) + part] ?? 0;
  }

  #isAt(index: number, tuple: readonly number[]): boolean {
    const page = this.#pages[index >>> PAGE_BITS];
    if (page === undefined) return false;
    const from = (index & (PAGE - 1)) * (this.#width + 1);
    for (let part = 0; part < this.#width; part++) if (page[from + part] !== tuple[part]) return false;
    return true;
  }

  #grow(): void {
    this.#mask = this.#mask * 2 + 1;
    const slots = new Uint32Array(this.#mask + 1);
    for (let index = 0; index < this.#size; index++) {
      let hash = 0;
      for (let part = 0; part < this.#width; part++) hash = mix(hash, this.part(index, part));
      let at = (hash >>> 0) & this.#mask;
      while (slots[at] !== 0) at = (at + 1) & this.#mask;
      slots[at] = index + 1;
    }
    this.#slots = slots;
  }
}

/** Sets of small numbers, each once, by number; 0 is the empty one. */
export class SetTable {
  readonly #byText = new Map<string, number>([['', 0]]);
  readonly #sets: (readonly number[])[] = [[]];
  readonly #grown = new PairTable();

  get(set: number): readonly number[] {
    return this.#sets[set] ?? [];
  }

  /** The set with `member` in it. */
  with(set: number, member: number): number {
    const known = this.#grown.get(set, member);
    if (known !== -1) return known;
    const grown = this.of([...this.get(set), member]);
    this.#grown.set(set, member, grown);
    return grown;
  }

  of(members: Iterable<number>): number {
    const sorted = [...new Set(members)].sort((one, other) => one - other);
    const text = sorted.join();
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, this.#sets.length);
    return this.#sets.push(sorted) - 1;
  }
}

function mix(hash: number, part: number): number {
  let mixed = Math.imul(hash ^ part, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77);
  return mixed ^ (mixed >>> 13);
}
