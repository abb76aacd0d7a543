/**
 * What last-writer-wins would have lost on the same history: an honest last-writer-wins map per commit over the same
 * graph, fed the same writes and deletes, with the commit's time as timestamp (ties go to the greater commit id).
 *
 * A write is *dropped* when its content vanishes without anybody having overwritten it:
 *  - clock skew: its time is not newer than that of the version its own branch holds, so it never takes effect;
 *  - concurrent: two branches meet with different versions of the path, neither writer having known the other's, and
 *    the older one goes.
 * A delete that goes in one of these two ways while the other version is content is *undone*: the file is back. Equal
 * contents lose nothing. Each write or delete counts once, however many merges repeat the loss, and it counts also
 * where the author of the merge then wrote the path anew: the loss came first, and nothing told them.
 */

import { VectorClock } from '../../clock/vector-clock.ts';
import type { Changes, Commit, History } from './git-history.ts';

/** How many versions vanished, and by what. */
export type Losses = { readonly total: number; readonly concurrent: number; readonly clockSkew: number };
export type LastWriterWinsLosses = { readonly writesDropped: Losses; readonly deletesUndone: Losses };

/** One version in the map; the same object wherever a branch holds it. */
type Entry = {
  readonly blob: string | null;
  readonly time: number;
  readonly commit: string;
  readonly chain: string;
  readonly counter: number;
  isLost: boolean;
};

/** What one commit holds and knows. `known` counts commits along chains: a chain is a line of commits, each knowing the last. */
type Branch = { readonly map: Map<string, Entry>; readonly known: VectorClock };

/** The simulation: give it the commits in the order of the history, then ask for the losses. */
export class LastWriterWins {
  readonly #branches = new Map<string, Branch>();
  /** How many children of a commit are still to come; its branch is dropped after the last. */
  readonly #awaited = new Map<string, number>();
  readonly #chainLengths = new Map<string, number>();
  readonly #writes = { concurrent: 0, clockSkew: 0 };
  readonly #deletes = { concurrent: 0, clockSkew: 0 };

  constructor(history: History) {
    for (const { parents } of history)
      for (const parent of parents) this.#awaited.set(parent, (this.#awaited.get(parent) ?? 0) + 1);
  }

  /** Takes the next commit of the history and what its author wrote and deleted. */
  commit(commit: Pick<Commit, 'id' | 'parents' | 'time'>, events: Changes): void {
    const branches = commit.parents.map(
      (parent) => this.#branches.get(parent) ?? { map: new Map<string, Entry>(), known: VectorClock.empty },
    );
    const map = this.#takeMap(commit.parents[0]);
    if (branches.length > 1) this.#meet(map, branches);
    const known = branches.reduce((all, branch) => all.merge(branch.known), VectorClock.empty);
    const chain = this.#chainOf(known);
    const counter = known.get(chain) + 1;
    for (const [path, blob] of events) {
      const entry: Entry = { blob, time: commit.time, commit: commit.id, chain, counter, isLost: false };
      const current = map.get(path);
      if (current === undefined || isNewer(entry, current)) map.set(path, entry);
      else this.#lose(entry, current, 'clockSkew');
    }
    this.#chainLengths.set(chain, counter);
    this.#branches.set(commit.id, { map, known: known.with(chain, counter) });
    for (const parent of commit.parents) this.#leave(parent);
  }

  losses(): LastWriterWinsLosses {
    const total = (by: { concurrent: number; clockSkew: number }): Losses => ({
      total: by.concurrent + by.clockSkew,
      ...by,
    });
    return { writesDropped: total(this.#writes), deletesUndone: total(this.#deletes) };
  }

  /** The paths that the branch of a commit shows; for tests. */
  show(commit: string): ReadonlyMap<string, string> {
    const shown = new Map<string, string>();
    for (const [path, { blob }] of this.#branches.get(commit)?.map ?? []) if (blob !== null) shown.set(path, blob);
    return shown;
  }

  /** The map of a parent, copied while another child still needs it. */
  #takeMap(parent: string | undefined): Map<string, Entry> {
    const map = parent === undefined ? undefined : this.#branches.get(parent)?.map;
    if (map === undefined) return new Map();
    return parent !== undefined && this.#awaited.get(parent) === 1 ? map : new Map(map);
  }

  /** Merges all branches into `map`, which holds what the first one does; the newest version of each path stays. */
  #meet(map: Map<string, Entry>, branches: readonly Branch[]): void {
    // The first branch may own `map` itself, so every decision is made before the first change.
    const winners = new Map<string, Entry>();
    for (const branch of branches.slice(1)) {
      for (const [path, entry] of branch.map) {
        const held = winners.get(path) ?? map.get(path);
        if (held !== entry && (held === undefined || isNewer(entry, held))) winners.set(path, entry);
        else if (held !== undefined && held !== entry) winners.set(path, held);
      }
    }
    for (const [path, winner] of winners) {
      for (const { map: held } of branches) {
        const entry = held.get(path);
        if (entry === undefined || entry === winner || !isHeldByAllWhoKnow(entry, path, branches)) continue;
        this.#lose(entry, winner, 'concurrent');
      }
    }
    for (const [path, winner] of winners) map.set(path, winner);
  }

  #lose(entry: Entry, winner: Entry, by: 'concurrent' | 'clockSkew'): void {
    if (entry.isLost || entry.blob === winner.blob) return;
    entry.isLost = true;
    (entry.blob === null ? this.#deletes : this.#writes)[by] += 1;
  }

  /** A chain whose last commit is known continues; else a new one begins. */
  #chainOf(known: VectorClock): string {
    for (const [chain, counter] of known) if (this.#chainLengths.get(chain) === counter) return chain;
    return String(this.#chainLengths.size + 1);
  }

  #leave(parent: string): void {
    const awaited = (this.#awaited.get(parent) ?? 1) - 1;
    this.#awaited.set(parent, awaited);
    if (awaited === 0) this.#branches.delete(parent);
  }
}

/** A branch that knows the version but holds another one has overwritten it, or had lost it before. */
function isHeldByAllWhoKnow(entry: Entry, path: string, branches: readonly Branch[]): boolean {
  return branches.every(({ map, known }) => map.get(path) === entry || known.get(entry.chain) < entry.counter);
}

function isNewer(a: Entry, b: Entry): boolean {
  return a.time !== b.time ? a.time > b.time : a.commit > b.commit;
}
