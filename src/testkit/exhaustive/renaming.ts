/**
 * States under other names of the replicas: what a state would be if the replica at each place had the name of another.
 * Worked out once for every part of a state and remembered. Nothing here says that such states behave alike; the tests
 * compare a search that counts them as one with a search that does not.
 */

import type { Rename } from './image.ts';
import { permutations } from './permutations.ts';
import type { Replicas } from './replicas.ts';
import type { SetTable } from './tables.ts';

/** One way to exchange the names, other than leaving them. */
export class Renaming {
  readonly #replicas: Replicas;
  readonly #messages: SetTable;
  readonly #rename: Rename;
  /** For each place, the place whose replica comes to it. */
  readonly #sources: readonly number[];
  readonly #locals: number[] = [];
  readonly #messageSets: number[] = [];
  readonly #single: number[] = [];
  readonly #factSets: number[] = [];

  constructor(replicas: Replicas, messages: SetTable, sources: readonly number[]) {
    this.#replicas = replicas;
    this.#messages = messages;
    this.#sources = sources;
    const { ids } = replicas;
    const targets = new Map(ids.map((id, place) => [id, ids[sources.indexOf(place)] ?? id]));
    // Names of members come without their incarnation.
    for (const [place, name] of replicas.names.entries())
      targets.set(name, replicas.names[sources.indexOf(place)] ?? name);
    this.#rename = (id) => targets.get(id) ?? id;
  }

  /** Every renaming of these replicas but the one that changes nothing. */
  static all(replicas: Replicas, messages: SetTable): readonly Renaming[] {
    const places = replicas.names.map((_, place) => place);
    return permutations(places)
      .filter((sources) => sources.some((source, place) => source !== place))
      .map((sources) => new Renaming(replicas, messages, sources));
  }

  /** Whether the renamed state comes before (-1), after (1) or is the other, number by number. */
  compare(state: readonly number[], other: readonly number[]): number {
    const places = this.#sources.length;
    for (let place = 0; place < places; place++) {
      const local = this.#local(state[this.#sources[place] ?? 0] ?? 0);
      const held = other[place] ?? 0;
      if (local !== held) return local < held ? -1 : 1;
    }
    const messages = this.#messageSet(state[places] ?? 0) - (other[places] ?? 0);
    return messages !== 0 ? messages : this.#factSet(state[places + 1] ?? 0) - (other[places + 1] ?? 0);
  }

  apply(state: readonly number[], into: number[]): void {
    const places = this.#sources.length;
    for (let place = 0; place < places; place++) into[place] = this.#local(state[this.#sources[place] ?? 0] ?? 0);
    into[places] = this.#messageSet(state[places] ?? 0);
    into[places + 1] = this.#factSet(state[places + 1] ?? 0);
  }

  #local(local: number): number {
    return (this.#locals[local] ??= this.#replicas.renamed(local, this.#rename));
  }

  #messageSet(set: number): number {
    return (this.#messageSets[set] ??= this.#messages.of(
      this.#messages.get(set).map((each) => (this.#single[each] ??= this.#replicas.renamedMessage(each, this.#rename))),
    ));
  }

  #factSet(set: number): number {
    return (this.#factSets[set] ??= this.#replicas.renamedSet(set, this.#rename));
  }
}
