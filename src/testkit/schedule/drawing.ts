/**
 * What the drawing of a schedule remembers from step to step, and the steps that several stories are made of: writes, and
 * what happens on links.
 */

import type { Random } from '../../random.ts';
import type { ContextChoice, PushStep, WriteStep } from './steps.ts';

/** What was drawn up to now, and what may be named by what comes. */
export type Drawing = {
  readonly random: Random;
  readonly isDurable: boolean;
  readonly replicas: number;
  readonly keys: number;
  /** The side of the partition each replica is on; replicas of one side meet while it lasts. */
  sides: readonly number[];
  readonly links: Pick<PushStep, 'a' | 'b' | 'lane'>[];
  readonly tokens: { label: number; key: number }[];
  records: number;
  labels: number;
  readonly snapshots: { label: number; at: number }[];
};

/** What happens on a link, each as often as it is named. */
export const PUSH_ACTS: readonly PushStep['act'][] = [
  ...(['connect', 'connect', 'start', 'draw', 'draw', 'draw', 'draw', 'draw now', 'draw now'] as const),
  ...(['deliver', 'deliver', 'deliver', 'deliver', 'deliver', 'deliver', 'answer', 'answer', 'answer'] as const),
  ...(['expire', 'expire', 'deliver and expire', 'draw and answer', 'retry', 'pump', 'pump', 'cut'] as const),
];
/** Sessions of clients in one run. */
export const SESSIONS = 2;

/** A put or a delete, mostly of what its replica shows. */
export function drawWrite(
  drawing: Drawing,
  at: number,
  tombstone: boolean,
  key: number = drawing.random.below(drawing.keys),
): WriteStep {
  const { random, tokens } = drawing;
  const own = tokens.filter((token) => token.key === key);
  let context: ContextChoice = 'local';
  if (own.length > 0 && random.chance(0.3)) context = { token: random.pick(own).label };
  else if (random.chance(0.15)) context = 'none';
  return { do: 'write', at, key, tombstone, context, ...drawLabel(drawing, key) };
}

/** Now and then a label under which the context that a write gives back is kept. */
export function drawLabel(drawing: Drawing, key: number): { readonly as?: number } {
  if (!drawing.random.chance(0.2)) return {};
  drawing.tokens.push({ label: drawing.labels, key });
  return { as: drawing.labels++ };
}

/** A write of every key; now and then with a token of another, which must be refused. */
export function drawBatch(drawing: Drawing, at: number): WriteStep[] {
  const { random, keys, tokens } = drawing;
  return Array.from({ length: keys }, (_, key) => {
    const foreign = tokens.filter((token) => token.key !== key);
    const write = drawWrite(drawing, at, random.chance(0.4), key);
    if (foreign.length === 0 || !random.chance(0.1)) return write;
    return { ...write, context: { token: random.pick(foreign).label } };
  });
}

/** Something on a link that was opened before, in either direction; or a link is opened. */
export function drawPush({ random, links }: Drawing, at: number, other: number): PushStep {
  const act = random.pick(PUSH_ACTS);
  if (links.length === 0 || act === 'connect') {
    const link = { a: at, b: other, lane: random.chance(0.15) ? 1 : 0 };
    links.push(link);
    return { do: 'push', ...link, act: 'connect' };
  }
  const { a, b, lane } = random.pick(links);
  return random.chance(0.5) ? { do: 'push', a, b, lane, act } : { do: 'push', a: b, b: a, lane, act };
}

/** Another replica, on the same side of the partition if there is one. */
export function drawPeer({ random, replicas, sides }: Drawing, at: number): number {
  const near = Array.from({ length: replicas }, (_, index) => index).filter(
    (index) => index !== at && sides[index] === sides[at],
  );
  return near.length > 0 ? random.pick(near) : (at + 1 + random.below(replicas - 1)) % replicas;
}
