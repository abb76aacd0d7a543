/**
 * Every history of a few operations, breadth first, each state once. What must hold is checked in every state that is
 * new, and from there at the end of a history (healing.ts); the first law that breaks ends the search with the shortest
 * trace to it.
 */

import type { Schedule } from '../schedule/steps.ts';
import { ScheduleFailure } from '../schedule/world.ts';
import { checkShown, heal } from './healing.ts';
import { type Move, scheduleOf, type Traced } from './moves.ts';
import { Space, type SpaceOptions, type State } from './space.ts';
import { TupleTable } from './tables.ts';

export type SearchOptions = SpaceOptions & {
  /** The longest histories. */
  readonly operations: number;
  /** Called now and then; `depth` is the length of the histories that are being made longer. */
  readonly onProgress?: (progress: Progress) => void;
};

export type Progress = {
  readonly depth: number;
  /** States of this depth that are done, and how many there are. */
  readonly done: number;
  readonly of: number;
  readonly states: number;
  readonly transitions: number;
};

/** A law that some history breaks, and the history as a schedule. */
export type Violation = { readonly law: string; readonly message: string; readonly schedule: Schedule };

export type SearchResult = {
  /** Found, those that differ in the names of replicas only counted as one; and counted each. */
  readonly states: number;
  readonly statesUnreduced: number;
  /** Outcomes of operations on states, those that change nothing among them. */
  readonly transitions: number;
  /** New states by the length of the shortest history that leads to them. */
  readonly byDepth: readonly number[];
  /** Different ends: states of all replicas together that were healed. */
  readonly healed: number;
  /** States of one replica, and how often the real code ran. */
  readonly locals: number;
  readonly runs: number;
  readonly violation: Violation | undefined;
};

const PROGRESS_EVERY = 1 << 14;

/** Searches all histories of up to so many operations. */
export function searchAll(options: SearchOptions): SearchResult {
  return new Search(options).run();
}

class Search {
  readonly #options: SearchOptions;
  readonly #space: Space;
  readonly #replicas: number;
  /** Beside each state, the index of the one it was found from. */
  readonly #states: TupleTable;
  readonly #ends: TupleTable;
  readonly #byDepth: number[] = [];
  readonly #representative: State = [];
  #transitions = 0;
  #unreduced = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#replicas = options.replicas;
    this.#space = new Space(options);
    this.#states = new TupleTable(this.#space.width);
    this.#ends = new TupleTable(this.#space.width - 1);
  }

  run(): SearchResult {
    let expanded = 0;
    let violation: Violation | undefined;
    try {
      this.#visit(this.#space.root(), 0);
      this.#byDepth.push(this.#states.size);
      for (let depth = 0; depth < this.#options.operations; depth++) {
        const of = this.#states.size;
        const from = expanded;
        for (; expanded < of; expanded++) {
          if ((expanded - from) % PROGRESS_EVERY === 0) this.#tell(depth, expanded - from, of - from);
          this.#expand(expanded);
        }
        this.#byDepth.push(this.#states.size - of);
      }
    } catch (error) {
      violation = this.#violation(expanded, error);
    }
    return {
      states: this.#states.size,
      statesUnreduced: this.#unreduced,
      transitions: this.#transitions,
      byDepth: this.#byDepth,
      healed: this.#ends.size,
      locals: this.#space.replicas.size,
      runs: this.#space.steps.runs,
      violation,
    };
  }

  #expand(index: number): void {
    const state = this.#stateAt(index);
    this.#space.visitNext(state, (next) => {
      this.#transitions += 1;
      this.#visit(next, index);
    });
  }

  #visit(state: State, parent: number): void {
    const representative = this.#representative;
    const stands = this.#space.represent(state, representative);
    if (!this.#states.add(representative, parent)) return;
    this.#unreduced += stands;
    this.#check(representative);
  }

  #check(state: State): void {
    const locals = state.slice(0, this.#replicas);
    const reaped = state[this.#replicas + 1] ?? 0;
    checkShown(this.#space.steps, locals, reaped);
    if (this.#ends.add([...locals, reaped], 0)) heal(this.#space.steps, locals, reaped);
  }

  /** The history to the state that was being expanded, and the operation that broke a law. */
  #violation(index: number, error: unknown): Violation {
    const last = this.#space.move;
    const path: number[] = [];
    for (let at = index; at !== 0; at = this.#states.part(at, this.#space.width)) path.push(at);
    const trace: Traced[] = [];
    let state = this.#space.root();
    for (const at of path.reverse()) {
      const found = this.#moveTo(state, this.#stateAt(at));
      trace.push({ move: found.move, before: state });
      state = found.next;
    }
    const move = last === undefined ? undefined : this.#failingMove(state, last);
    if (move !== undefined) trace.push({ move, before: state });
    const law = error instanceof ScheduleFailure ? error.law : 'error';
    const message = error instanceof Error ? error.message : String(error);
    return { law, message, schedule: scheduleOf(this.#space.steps, this.#replicas, trace) };
  }

  /** An operation that leads from `state` to one that `target` stands for, and to which. */
  #moveTo(state: State, target: State): { readonly move: Move; readonly next: State } {
    let found: { move: Move; next: State } | undefined;
    const representative: State = [];
    const { move } = this.#space;
    this.#space.visitNext(state, (next) => {
      this.#space.represent(next, representative);
      if (found !== undefined || representative.some((part, at) => part !== target[at])) return;
      if (this.#space.move !== undefined) found = { move: this.#space.move, next: [...next] };
    });
    this.#space.move = move;
    if (found === undefined) throw new RangeError('the search lost its way back');
    return found;
  }

  /** The operation on `state`, whose representative was expanded, that breaks a law; or leads to an end that does. */
  #failingMove(state: State, otherwise: Move): Move {
    const { steps } = this.#space;
    try {
      this.#space.visitNext(state, (next) => {
        const locals = next.slice(0, this.#replicas);
        const reaped = next[this.#replicas + 1] ?? 0;
        checkShown(steps, locals, reaped);
        heal(steps, locals, reaped);
      });
    } catch {
      return this.#space.move ?? otherwise;
    }
    return otherwise;
  }

  #stateAt(index: number): State {
    return Array.from({ length: this.#space.width }, (_, part) => this.#states.part(index, part));
  }

  #tell(depth: number, done: number, of: number): void {
    const { onProgress } = this.#options;
    onProgress?.({ depth, done, of, states: this.#states.size, transitions: this.#transitions });
  }
}
