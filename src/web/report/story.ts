/** What a mark of the diagram says, in words: its title, and of an anomaly what happened. */

import type { AnomalyKind } from '../../lab/truth/judge.ts';
import { counted, formatCount, formatTime, listed } from './format.ts';
import { type AnomalyMark, causalPast, type FaultMark, type Mark, type Run } from './run-model.ts';

/** The word that is drawn beside an anomaly. */
export const ANOMALY_WORDS: Readonly<Record<AnomalyKind, string>> = {
  lost: 'lost',
  undone: 'delete undone',
  'false sibling': 'false conflict',
  regressed: 'went back',
  hidden: 'hidden',
  'delete hidden': 'delete hidden',
  diverged: 'diverged',
};

/** In the order in which lists show them. */
export const ANOMALY_KINDS: readonly AnomalyKind[] = [
  ...(['lost', 'undone', 'diverged', 'regressed'] as const),
  ...(['hidden', 'delete hidden', 'false sibling'] as const),
];

/** A mark in a few words. */
export function titleOf(run: Run, mark: Mark): string {
  switch (mark.kind) {
    case 'operation':
      return `${operationWords(run, mark.number, true)} of ${keyName(run, mark.key)}`;
    case 'read':
      return `Read of ${keyName(run, mark.key)}`;
    case 'message':
      return `${MESSAGES[mark.carries]} · ${keyName(run, mark.key)}${mark.isLost ? ', lost on its way' : ''}`;
    case 'exchange':
      return `Exchange of ${laneName(run, mark.lane)} and ${laneName(run, mark.peer)}`;
    case 'tidied':
      return `${laneName(run, mark.lane)} reaps tombstones`;
    case 'fault':
      return faultWords(run, mark);
    case 'anomaly':
      return `${capital(ANOMALY_WORDS[mark.what])}: ${operationWords(run, mark.operation)} of ${keyName(run, mark.key)}`;
    default:
      throw new TypeError(`Cannot name ${JSON.stringify(mark satisfies never)}: it is of no known kind`);
  }
}

/** What happened, in a sentence or two. */
export function anomalyStory(run: Run, mark: AnomalyMark): string {
  const what = operationWords(run, mark.operation);
  const reader = laneName(run, mark.lane);
  switch (mark.what) {
    case 'lost':
      return `${lossStory(run, mark)} In the end no replica showed it, although it had been acknowledged and nobody had overwritten it.`;
    case 'undone': {
      const value = mark.by === undefined ? 'a value' : operationWords(run, mark.by);
      return `The replicas that answered had been told of ${what}, and yet ${value}, which it had covered, was shown again at ${reader}.`;
    }
    case 'false sibling':
      return `${capital(what)} was shown beside others at ${reader}, although one that was based on it had been told.`;
    case 'regressed':
      return `${capital(what)} was shown at ${reader} in the place of a newer one that was based on it.`;
    case 'hidden':
      return `The replicas that answered a read at ${reader} had been told of ${what}, nobody had overwritten it, and the reader was not shown it.`;
    case 'delete hidden':
      return `A reader at ${reader} was shown a value, and not that ${what}, made at the same time, would remove it.`;
    case 'diverged':
      return `In the end replicas show ${keyName(run, mark.key)} differently; the newest operation is ${what}.`;
    default:
      throw new TypeError(`Cannot tell ${JSON.stringify(mark.what satisfies never)}: it is of no known kind`);
  }
}

/** An operation by its number: write 47, delete 12. */
export function operationWords({ operations }: Run, number: number, isFirst: boolean = false): string {
  const word = operations.get(number)?.isDelete === true ? 'delete' : 'write';
  return `${isFirst ? capital(word) : word} ${number}`;
}

/** A lane by its place. */
export function laneName({ packed }: Run, lane: number): string {
  return packed.lanes[lane] ?? `replica-${lane + 1}`;
}

/** A key by its place. */
export function keyName({ packed }: Run, key: number): string {
  return packed.keys[key] ?? 'a key that is not drawn';
}

/** What was left out of a run to keep the page small; undefined when it is all there. */
export function leftOut({ packed }: Run): string | undefined {
  const { events, eventsAll, keysAll, part } = packed.kept;
  if (events >= eventsAll) return undefined;
  const much = `Drawn: ${counted(events, 'event')} of ${formatCount(eventsAll)}`;
  if (part !== null) {
    const [key, from, to] = part;
    return `${much}, of one key (${packed.keys[key] ?? ''}) from ${formatTime(from)} to ${formatTime(to)}. The rest is left out to keep this page small.`;
  }
  const kept = packed.keys.length;
  const rest = `${counted(keysAll - kept, 'other key is', 'other keys are')} left out to keep this page small.`;
  return `${much}: the whole histories of ${counted(kept, 'key')}, those with anomalies first. ${rest}`;
}

function lossStory(run: Run, mark: AnomalyMark): string {
  const what = operationWords(run, mark.operation, true);
  const operation = run.operations.get(mark.operation);
  const others = mark.instead.map((number) => operationWords(run, number));
  const place = laneName(run, mark.lane);
  const own = causalPast(run, mark.operation);
  const isOlder = mark.instead.some((number) => own.some((one) => one.number === number));
  const instead = others.length === 0 ? 'showed nothing' : `showed ${listed(others)}`;
  if (operation !== undefined && operation.at === mark.at) {
    const older = isOlder ? ', which it had overwritten' : '';
    return `${what} was not shown even where it was made: ${place} still ${instead}${older}.`;
  }
  const pasts = mark.instead.map((number) => causalPast(run, number).some((one) => one.number === mark.operation));
  const isApart = others.length === 1 && !isOlder && pasts.every((isBased) => !isBased);
  const apart = isApart ? ' Neither was based on the other.' : '';
  const older = isOlder ? ', on which it was based' : '';
  return `${what} was last shown by ${place}, until ${formatTime(mark.at)}, when it ${instead} instead${older}.${apart}`;
}

function faultWords(run: Run, { what, replicas, sides }: FaultMark): string {
  const names = (lanes: readonly number[]): string => listed(lanes.map((lane) => laneName(run, lane)));
  if (what === 'cut') {
    return sides.length > 0 ? `Cut: ${sides.map(names).join(' | ')}` : `Cut among ${names(replicas)}`;
  }
  return `${names(replicas)} ${FAULTS[what] ?? what}`;
}

const FAULTS: Readonly<Record<string, string>> = {
  away: 'is away',
  crash: 'is down',
  forget: 'loses its disk',
  clock: 'has its clock moved',
};

const MESSAGES = {
  write: 'Message: a write',
  acknowledge: 'Message: an acknowledgement',
  request: 'Message: what do you hold?',
  response: 'Message: what I hold',
  'read repair': 'Message: read repair',
  hint: 'Message: a hint handed off',
  reap: 'Message: a reap',
} as const;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
