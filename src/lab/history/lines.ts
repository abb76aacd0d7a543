/**
 * Which replica makes which commit, told from the graph alone: each line of development holds a replica of its own, so that
 * a commit is made by one that has been told of exactly its ancestors. Where children are still awaited at a commit whose
 * replica goes on, or is about to learn of another line, a replica takes its place there first: one whose line was merged
 * before, if it has been told of nothing that the place has not, else a fresh one. Knows nothing of strategies.
 */

import { assert } from '../../assert.ts';
import { covers, type Known, NOTHING_KNOWN, unite } from '../truth/known.ts';
import { OperationBook } from '../truth/operation-book.ts';
import type { Commit, History } from './git-history.ts';

/** One commit, and what its replica does before. Replicas are numbers: 0, 1, 2 … */
export type Step = {
  readonly commit: Commit;
  /** Who makes it. */
  readonly replica: number;
  /** First of all, by exchanges: `to` takes the place of `from` at the commit where that stands. */
  readonly forks: readonly { readonly from: number; readonly to: number }[];
  /** Then, by exchanges: the replicas of the other parents. They stand nowhere afterwards. */
  readonly learnsFrom: readonly number[];
};

export type Lines = {
  readonly steps: readonly Step[];
  /** How many replicas it takes. */
  readonly replicas: number;
  /** Those that stand at commits without a child. */
  readonly tips: readonly number[];
};

/** The lines of a history. Cost: O(commits · lines open at once). */
export function linesOf(history: History): Lines {
  const plan = new Plan(history);
  const steps = history.map((commit) => plan.add(commit));
  return { steps, replicas: plan.replicas, tips: plan.tips() };
}

class Plan {
  /** The commits as operations on one key, each based on its parents; and the number of each. */
  readonly #commits = new OperationBook();
  readonly #numbers = new Map<string, number>();
  /** Children still to come. */
  readonly #awaited = new Map<string, number>();
  readonly #standing = new Map<string, number>();
  /** Of which commits each replica has been told. */
  readonly #told: Known[] = [];
  readonly #idle = new Set<number>();

  constructor(history: History) {
    for (const { parents } of history)
      for (const parent of parents) this.#awaited.set(parent, (this.#awaited.get(parent) ?? 0) + 1);
  }

  get replicas(): number {
    return this.#told.length;
  }

  tips(): readonly number[] {
    return [...this.#standing.values()];
  }

  add(commit: Commit): Step {
    const forks: { from: number; to: number }[] = [];
    const leave = (parent: string): number => {
      const from = this.#standing.get(parent);
      assert(from !== undefined, `no replica stands at commit ${parent}`);
      const awaited = (this.#awaited.get(parent) ?? 1) - 1;
      this.#awaited.set(parent, awaited);
      this.#standing.delete(parent);
      if (awaited > 0) {
        const to = this.#take(this.#toldOf(from));
        forks.push({ from, to });
        this.#standing.set(parent, to);
      }
      return from;
    };
    const [first, ...others] = commit.parents;
    const replica = first === undefined ? this.#take(NOTHING_KNOWN) : leave(first);
    const learnsFrom = others.map(leave);
    let told = this.#toldOf(replica);
    for (const other of learnsFrom) {
      told = unite(told, this.#toldOf(other));
      this.#told[other] = told;
      this.#idle.add(other);
    }
    this.#told[replica] = unite(told, this.#note(commit));
    this.#standing.set(commit.id, replica);
    return { commit, replica, forks, learnsFrom };
  }

  /** A replica that will have been told of exactly this: the idle one that lacks least of it, else a fresh one. */
  #take(told: Known): number {
    let nearest: number | undefined;
    for (const idle of this.#idle) {
      const isNearer = nearest === undefined || sizeOf(this.#toldOf(idle)) > sizeOf(this.#toldOf(nearest));
      if (isNearer && covers(told, this.#toldOf(idle))) nearest = idle;
    }
    const taken = nearest ?? this.#told.length;
    this.#idle.delete(taken);
    this.#told[taken] = told;
    return taken;
  }

  #toldOf(replica: number): Known {
    return this.#told[replica] ?? NOTHING_KNOWN;
  }

  #note({ id, parents }: Commit): Known {
    const basis = parents.map((parent) => this.#numbers.get(parent) ?? -1);
    const commit = { key: '', isDelete: false, client: 0, replica: 0, at: 0 };
    const { number, past } = this.#commits.note(commit, basis);
    this.#numbers.set(id, number);
    return past;
  }
}

/** How many commits it names. */
function sizeOf(known: Known): number {
  let size = 0;
  for (let at = 1; at < known.length; at += 2) size += known[at] ?? 0;
  return size;
}
