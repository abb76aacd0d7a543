/**
 * One exchange between two replicas of the real code, frame by frame, with everything that can come of it: done to the
 * end, or cut off anywhere in any order of its frames.
 *
 * Each side is a deterministic machine that takes frames from a queue, in order, and nobody else changes its store
 * meanwhile. So what a side is depends on the number of frames it has taken and on nothing else, whichever came first
 * elsewhere (Kahn 1974), and one run gives all cuts: every pair of numbers whose frames had been sent by then.
 */

import { ExchangeSide } from '../../repair/exchange-side.ts';
import { broken } from '../schedule/checks.ts';
import type { Store } from './image.ts';

/** A side after each number of frames it has taken, and how many it had sent by then. */
export type Side<S> = { readonly states: readonly S[]; readonly sent: readonly number[] };

/** Both sides of a whole exchange; `first` is the initiator. */
export type Meeting<S> = {
  readonly first: Side<S>;
  readonly second: Side<S>;
  readonly isSilent: boolean;
};

type Run<S> = { readonly states: S[]; readonly sent: number[] };

/** One step of a way to a cut: to whom the next frame goes. */
export type Turn = 'to first' | 'to second';

/** Runs an exchange that `one` begins to its end; `look` says what a side is, and is asked after every frame. */
export function meet<S>(one: Store, other: Store, look: (side: 0 | 1) => S): Meeting<S> {
  const begin = { frameBytesMax: 1 << 20, visibleAtOnceMax: 1 << 10 };
  const sides = [
    new ExchangeSide(one, { ...begin, role: 'initiator', peer: other.id, direction: 'both' }),
    new ExchangeSide(other, { ...begin, role: 'responder', peer: one.id }),
  ] as const;
  // By their senders.
  const queues: readonly [Uint8Array[], Uint8Array[]] = [[...sides[0].start()], [...sides[1].start()]];
  const runs: readonly [Run<S>, Run<S>] = [
    { states: [look(0)], sent: [queues[0].length] },
    { states: [look(1)], sent: [queues[1].length] },
  ];
  const taken: [number, number] = [0, 0];
  for (let isBusy = true; isBusy; ) {
    isBusy = false;
    for (const to of [1, 0] as const) {
      const from = to === 0 ? 1 : 0;
      const frame = queues[from][taken[to]];
      if (frame === undefined) continue;
      isBusy = true;
      taken[to] += 1;
      queues[to].push(...sides[to].receive(frame));
      const { failure } = sides[to];
      if (failure !== undefined) throw failure;
      runs[to].states.push(look(to));
      runs[to].sent.push(queues[to].length);
    }
  }
  if (!sides[0].isDone || !sides[1].isDone)
    broken('L14', `the exchange of ${one.name} and ${other.name} fell silent before its end`);
  const mode = sides[0].mode === 'difference' ? sides[1].mode : sides[0].mode;
  const isSilent = mode === 'equal' && sides[0].recordsSent + sides[1].recordsSent === 0;
  return { first: runs[0], second: runs[1], isSilent };
}

/** All cuts: how many frames each side has taken, such that each of them had been sent. The last is the whole exchange. */
export function cutsOf<S>({ first, second }: Meeting<S>): readonly (readonly [ofFirst: number, ofSecond: number])[] {
  const cuts: [number, number][] = [];
  for (let one = 0; one < first.states.length; one++) {
    for (let other = 0; other < second.states.length; other++) {
      if (turnsTo({ first, second }, one, other) !== undefined) cuts.push([one, other]);
    }
  }
  return cuts;
}

/** In which order frames may arrive so that the sides have taken so many of them; undefined if in none. */
export function turnsTo<S>(
  { first, second }: Pick<Meeting<S>, 'first' | 'second'>,
  ofFirst: number,
  ofSecond: number,
): readonly Turn[] | undefined {
  const turns: Turn[] = [];
  let [one, other] = [0, 0];
  while (one < ofFirst || other < ofSecond) {
    if (other < ofSecond && (first.sent[one] ?? 0) > other) {
      other += 1;
      turns.push('to second');
    } else if (one < ofFirst && (second.sent[other] ?? 0) > one) {
      one += 1;
      turns.push('to first');
    } else {
      return undefined;
    }
  }
  return turns;
}
