/** `checkHistory` of `cairn drive`: a history of registers as lists of JSON in, a verdict on each level out. */

import { checkRegisterLevels, REGISTER_LEVELS } from '../testkit/history/check-registers.ts';
import { HistoryFault, type RegisterOperation, registerHistory } from '../testkit/history/register-history.ts';

type Answer = {
  readonly cc: boolean;
  readonly cm: boolean;
  readonly ccv: boolean;
  readonly patterns: readonly string[];
};

/** Sessions of `["w" | "r", key, value]`; a read of null read nothing. Throws: TypeError for anything else. */
export function checkDrivenHistory(sessions: unknown): Answer {
  if (!Array.isArray(sessions))
    throw new TypeError('Cannot check a history: "sessions" is no list, give a list of lists');
  const named = sessions.map((session: unknown, at): [string, RegisterOperation[]] => {
    if (!Array.isArray(session)) throw refused(at, undefined, 'it is no list of operations');
    return [`s${at}`, session.map((operation: unknown, place) => operationOf(operation, at, place))];
  });
  try {
    const { cc, cm, ccv } = checkRegisterLevels(registerHistory(Object.fromEntries(named)), REGISTER_LEVELS);
    const verdicts = [cc, cm, ccv];
    const patterns = new Set(verdicts.flatMap((found) => found?.violations.map(({ pattern }) => pattern) ?? []));
    return { cc: cc?.holds === true, cm: cm?.holds === true, ccv: ccv?.holds === true, patterns: [...patterns] };
  } catch (error) {
    throw error instanceof HistoryFault ? new TypeError(error.message) : error;
  }
}

function operationOf(given: unknown, session: number, place: number): RegisterOperation {
  if (!Array.isArray(given) || given.length !== 3) throw refused(session, place, 'it is not ["w" or "r", key, value]');
  const [kind, key, value] = given as readonly unknown[]; // any array is one
  if (typeof key !== 'string') throw refused(session, place, 'its key is no text');
  // As JSON, so that 1 and "1" are two values, and lists and objects are values too.
  if (kind === 'r') return { kind: 'read', key, value: value === null ? null : JSON.stringify(value) };
  if (kind !== 'w') throw refused(session, place, 'it is neither "w" nor "r"');
  if (value === null) throw refused(session, place, 'it writes null, which is what a read of nothing reads');
  return { kind: 'write', key, value: JSON.stringify(value) };
}

function refused(session: number, place: number | undefined, what: string): TypeError {
  const where = place === undefined ? `session ${session}` : `operation ${place} of session ${session}`;
  return new TypeError(`Cannot check a history: ${where}: ${what}`);
}
