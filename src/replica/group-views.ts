/**
 * What a group hands back: what the store gave, who has it, and the session that goes on from there. What a session has
 * seen with a call is put together and put into words when it is asked for; most callers never do, and then it costs an
 * object. Nothing is lost by waiting: what is kept of that moment never changes.
 */

import type { Dot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import type { Answer } from '../store/answer.ts';
import type { SeenAt } from '../store/knowledge.ts';
import type { Written } from '../store/operations.ts';
import type { Acknowledged } from './group-write.ts';
import type { GroupAnswer, GroupWritten } from './replica-types.ts';
import { seenInSession, sessionTokenFor } from './session-memory.ts';

/** What a session has seen with one call: what this replica had seen then, what it heard, and what came before. */
export type SessionMoment = {
  readonly seen: SeenAt;
  /** Known of the keys beyond `seen`: their residuals, what other replicas told. */
  readonly heard: DotSet;
  /** What the call wrote. */
  readonly writes: readonly { readonly dot: Dot }[];
  /** The token that the call was given, which was read before. */
  readonly session: string | undefined;
};

/** The token of what a session has seen. Throws: CONTEXT_INVALID, if the token given before is none. Law: L15. */
export function sessionTokenOf({ seen, heard, writes, session }: SessionMoment): string {
  let all = seen.toDotSet().union(heard);
  for (const { dot } of writes) all = all.add(dot.id, dot.counter);
  return sessionTokenFor(session === undefined ? all : all.union(seenInSession(session)));
}

/** What a write gave back, and who has it. */
export class GroupWrittenView implements GroupWritten {
  readonly dot: Dot;
  readonly durableAt: readonly string[];
  readonly hintedAt: readonly string[];
  readonly #written: Written;
  readonly #moment: SessionMoment;

  constructor(written: Written, { durableAt, hintedAt }: Acknowledged, moment: SessionMoment) {
    this.dot = written.dot;
    this.durableAt = durableAt;
    this.hintedAt = hintedAt;
    this.#written = written;
    this.#moment = moment;
  }

  get session(): string {
    return sessionTokenOf(this.#moment);
  }

  get context(): string {
    return this.#written.context;
  }
}

/** An answer, whose replicas it reflects, and what its reader has seen with it. */
export class GroupAnswerView<T> implements GroupAnswer<T> {
  readonly answer: Answer<T>;
  readonly from: readonly string[];
  readonly #moment: SessionMoment;

  constructor(answer: Answer<T>, from: readonly string[], moment: SessionMoment) {
    this.answer = answer;
    this.from = from;
    this.#moment = moment;
  }

  get session(): string {
    return sessionTokenOf(this.#moment);
  }
}
