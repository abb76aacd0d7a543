/** Two histories that make siblings explode, after riak_test's sibling_explosion and verify_dvv_repl. */

import type { Strategy } from '../../../src/lab/strategies/strategy.ts';
import { Play } from './play.ts';

/** Two clients write in turn, each on top of what its own last write was answered with; the siblings. */
export function takeTurns(strategy: Strategy, writes: number): readonly number[] {
  const play = new Play(strategy, 1);
  const nothing = { kind: 'shown', held: undefined } as const;
  const answers = [play.read(0), play.read(0)];
  for (let count = 0; count < writes; count += 1) {
    const turn = count % 2;
    play.put(0, { basis: answers[turn] ?? nothing, client: `client-${turn + 1}` });
    answers[turn] = play.read(0);
  }
  return play.live(0);
}

/** A far site has a write of its own and is told of each write here, and nothing goes back; its siblings. */
export function farSite(strategy: Strategy, writes: number): readonly number[] {
  const play = new Play(strategy, 2);
  play.put(1, { client: 'far' });
  for (let count = 0; count < writes; count += 1) play.tell(play.put(0), 1);
  return play.live(1);
}

/** Two clients save in turn on top of their own last write, without ever looking; the siblings, and how many were refused. */
export function saveUnread(strategy: Strategy, writes: number): { readonly live: number; readonly refused: number } {
  const play = new Play(strategy, 1);
  const last: (number | undefined)[] = [];
  let refused = 0;
  for (let count = 0; count < writes; count += 1) {
    const turn = count % 2;
    const saved = play.put(0, { basis: play.answered(last[turn]), client: `client-${turn + 1}` });
    if (saved === undefined) refused += 1;
    else last[turn] = saved;
  }
  return { live: play.live(0).length, refused };
}
