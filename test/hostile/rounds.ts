/**
 * Sessions in rounds, side by side, each under another name, and after each round the question what the store holds: what
 * was refused may have changed nothing, the others no more than their own. Links that are slow to end (some frames are
 * waited for) run on beside the rounds that follow, and may have written in each of them.
 */

import { attack, type Findings, newFindings, type Target } from './attack.ts';
import { Broken } from './broken.ts';
import type { Session } from './sessions.ts';
import { type Shape, unexplained } from './shape.ts';

type Running = {
  readonly session: Session;
  over: Promise<void>;
  outcome: 'refused' | 'heard' | undefined;
  fault: unknown;
};

/** One attack, round by round. */
export class Rounds {
  readonly findings: Findings = newFindings();
  readonly #target: Target;
  #shape: Shape;
  #running: readonly Running[] = [];
  #writers: ReadonlySet<string> = new Set();

  private constructor(target: Target, shape: Shape) {
    this.#target = target;
    this.#shape = shape;
  }

  /** Begins where the target is now. */
  static async begin(target: Target): Promise<Rounds> {
    return new Rounds(target, await target.shape([]));
  }

  /** Whether a session under this name is over, so that another may be run. */
  isFree(name: string): boolean {
    return !this.#late().includes(name);
  }

  /** Runs sessions, and judges them once all but the slow ones are over. Throws: Broken. */
  async round(sessions: readonly Session[]): Promise<void> {
    const begun = sessions.map((session) => this.#start(session));
    this.#running = [...this.#running, ...begun];
    const all = Promise.all((begun.length > 0 ? begun : this.#running).map(({ over }) => over));
    await (this.#target.patience === undefined ? all : Promise.race([all, this.#target.patience()]));
    await this.#judge();
  }

  /** Waits for the slow ones. Throws: Broken. */
  async finish(): Promise<void> {
    await Promise.all(this.#running.map(({ over }) => over));
    await this.#judge();
  }

  /** The target is changed by others than attackers meanwhile. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    await this.finish();
    const done = await work();
    this.#shape = await this.#target.shape([]);
    return done;
  }

  #start(session: Session): Running {
    const running: Running = { session, over: Promise.resolve(), outcome: undefined, fault: undefined };
    const end = (isRefused: boolean): void => {
      running.outcome = isRefused ? 'refused' : 'heard';
    };
    const fail = (fault: unknown): void => {
      running.outcome = 'heard';
      running.fault = fault;
    };
    running.over = attack(this.#target, session, this.findings).then(end, fail);
    return running;
  }

  async #judge(): Promise<void> {
    const judged = this.#running;
    for (const { fault } of judged) if (fault !== undefined) throw fault;
    const writing = judged.filter(
      ({ session, outcome }) => session.isLetIn && !(session.isSingle && outcome === 'refused'),
    );
    const writers = new Set(writing.map(({ session }) => session.name));
    // Where rounds follow one another without a pause, what a link brought last may be taken in after its end.
    const before = this.#target.patience === undefined ? [] : this.#writers;
    this.#writers = writers;
    this.#running = judged.filter(({ outcome }) => outcome === undefined);
    const after = await this.#target.shape(this.#late());
    const fault = unexplained(this.#shape, after, new Set([...writers, ...before]));
    if (fault !== undefined) throw new Broken(fault, ...judged.map(({ session }) => session));
    this.#shape = after;
  }

  #late(): string[] {
    return this.#running.filter(({ outcome }) => outcome === undefined).map(({ session }) => session.name);
  }
}
