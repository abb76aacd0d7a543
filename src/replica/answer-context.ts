/**
 * The context of an answer as a set, and answers that reflect more than one replica. Apart from the store, which has no
 * use for either.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { type Answer, AnswerView } from '../store/answer.ts';
import { decodeToken } from '../store/context-token.ts';
import { SeenAt } from '../store/knowledge.ts';

/** Each answer is asked twice for it, and its token takes long to make and to read. */
const contexts = new WeakMap<object, DotSet>();

/** What an answer for `key` reflects. */
export function contextIn<T>(key: string, answer: Answer<T>): DotSet {
  const known = contexts.get(answer);
  if (known !== undefined) return known;
  const context = decodeToken('context', key, answer.context);
  contexts.set(answer, context);
  return context;
}

/** The same answer, which reflects also what other replicas knew of the key. */
export function widen<T>(key: string, answer: Answer<T>, more: DotSet): Answer<T> {
  const context = contextIn(key, answer);
  if (context.covers(more)) return answer;
  const value = answer.status === 'live' ? answer.value : undefined;
  const seen = new SeenAt('', context.union(more), 0);
  const view = new AnswerView<T>(answer.status, value, key, undefined, seen, answer.siblings);
  return view as unknown as Answer<T>; // status and value are those of an answer
}
