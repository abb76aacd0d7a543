/**
 * A shopping cart that works offline: every device keeps a replica, every line of the cart is a key of its own, and two
 * devices that meet exchange what they have. What is in the cart after a conflict is decided by a resolver.
 */

import { type Answer, type Decision, openStore, type Sibling, type VersionedKVStore } from 'cairndb';
import { exchange } from 'cairndb/repair';

/** One line: how many of an article, and what people noted beside it. */
export type Line = { readonly quantity: number; readonly notes: readonly string[] };

/**
 * The greatest quantity and all notes; a change beside a removal keeps the line. Not the sum of the quantities: when two
 * devices resolve one conflict at the same time, their two results meet again as siblings, and a sum would double them.
 */
export function mergeLines(siblings: readonly Sibling<Line>[]): Decision<Line> {
  const lines = siblings.flatMap((sibling) => (sibling.tombstone ? [] : [sibling.value]));
  if (lines.length === 0) return { kind: 'delete' };
  const quantity = Math.max(...lines.map((line) => line.quantity));
  const notes = [...new Set(lines.flatMap((line) => line.notes))].sort();
  return { kind: 'value', value: { quantity, notes } };
}

/** The cart as one device has it. */
export class Cart {
  readonly #store: VersionedKVStore<Line>;

  private constructor(store: VersionedKVStore<Line>) {
    this.#store = store;
  }

  static async open(device: string, devices: readonly string[]): Promise<Cart> {
    return new Cart(await openStore<Line>({ name: device, members: devices, resolver: mergeLines }));
  }

  /** Puts so many more of an article into the cart. */
  async add(article: string, quantity: number = 1, note?: string): Promise<void> {
    const { line, context } = await this.look(article);
    const notes = note === undefined ? (line?.notes ?? []) : [...(line?.notes ?? []), note];
    await this.set(article, { quantity: (line?.quantity ?? 0) + quantity, notes }, context);
  }

  /** Takes an article out of the cart: what this device had seen of it. */
  async remove(article: string): Promise<void> {
    await this.#store.delete(article, { context: (await this.look(article)).context });
  }

  /** What is in the cart. */
  async lines(): Promise<ReadonlyMap<string, Line>> {
    const found = new Map<string, Line>();
    for await (const article of this.#store.keys()) {
      const { line } = await this.look(article);
      if (line !== undefined) found.set(article, line);
    }
    return found;
  }

  /** One line, and the context to base a change of it on. */
  async look(article: string): Promise<{ readonly line: Line | undefined; readonly context: string }> {
    const answer: Answer<Line> = await this.#store.get(article);
    return { line: answer.status === 'live' ? answer.value : undefined, context: answer.context };
  }

  /** Writes a line on top of what `context` had seen; `none` on top of nothing. */
  async set(article: string, line: Line, context: string): Promise<void> {
    await this.#store.put(article, line, { context });
  }

  /** Takes out what `context` had seen of an article. */
  async drop(article: string, context: string): Promise<void> {
    await this.#store.delete(article, { context });
  }

  /** Meets another device: afterwards both show the same. */
  async meet(other: Cart): Promise<void> {
    await exchange(this.#store, other.#store);
  }

  /** Forgets what was taken out, as soon as every device knows of it. */
  async tidy(): Promise<number> {
    await this.#store.reap();
    return (await this.#store.stats()).tombstones;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
