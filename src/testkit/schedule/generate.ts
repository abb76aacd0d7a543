/**
 * Draws a schedule from a seed. Each schedule draws its own mix of steps first (some kinds not at all, some often), which
 * reaches odd corners sooner than one mix for all.
 */

import { Random } from './random.ts';
import type { ContextChoice, Schedule, Step, WriteStep } from './steps.ts';

/** How often each kind of step is drawn, before the mix of the schedule is applied. */
const WEIGHTS = {
  put: 20,
  delete: 14,
  batch: 3,
  take: 8,
  misuse: 2,
  capture: 10,
  deliver: 12,
  forge: 2,
  exchange: 18,
  oneWay: 6,
  interrupt: 8,
  reap: 12,
  forcedReap: 2,
  retire: 3,
  join: 2,
} as const;
type Kind = keyof typeof WEIGHTS;

type Drawing = {
  readonly random: Random;
  readonly replicas: number;
  readonly keys: number;
  readonly tokens: { label: number; key: number }[];
  records: number;
  labels: number;
};

/** The schedule of `seed`: 2 to 5 replicas, 1 to 4 keys, 4 to 60 steps. */
export function generateSchedule(seed: number): Schedule {
  const random = new Random(seed);
  const replicas = random.between(2, random.chance(0.3) ? 5 : 3);
  const keys = random.between(1, random.chance(0.3) ? 4 : 2);
  const members = random.chance(0.7) ? replicas : random.between(1, replicas);
  const onConflict = random.chance(0.5) ? 'refuse' : 'overwrite';
  const kinds: Kind[] = [];
  for (const [kind, weight] of Object.entries(WEIGHTS) as [Kind, number][]) {
    // the keys of the table
    const times = weight * random.pick([0, 1, 1, 1, 3]);
    for (let at = 0; at < times; at++) kinds.push(kind);
  }
  kinds.push('put', 'delete', 'exchange', 'reap');
  const drawing: Drawing = { random, replicas, keys, tokens: [], records: 0, labels: 0 };
  const steps: Step[] = [];
  for (let left = random.between(4, random.pick([12, 30, 60])); left > 0; left--)
    steps.push(draw(drawing, random.pick(kinds)));
  return { replicas, keys, members, onConflict, steps };
}

function draw(drawing: Drawing, kind: Kind): Step {
  const { random, replicas, keys, tokens } = drawing;
  const at = random.below(replicas);
  const key = random.below(keys);
  const other = (at + 1 + random.below(replicas - 1)) % replicas;
  switch (kind) {
    case 'put':
    case 'delete':
      return drawWrite(drawing, at, kind === 'delete');
    case 'batch':
      return {
        do: 'batch',
        at,
        writes: Array.from({ length: keys }, (_, index) => drawWrite(drawing, at, random.chance(0.4), index)),
      };
    case 'take':
      tokens.push({ label: drawing.labels, key });
      return { do: 'take', at, key, as: drawing.labels++ };
    case 'misuse': {
      const foreign = tokens.filter((token) => token.key !== key);
      return { do: 'misuse', at, key, token: foreign.length === 0 ? 0 : random.pick(foreign).label };
    }
    case 'capture':
      return { do: 'capture', at, key, as: drawing.records++ };
    case 'deliver':
    case 'forge':
      return { do: 'deliver', record: random.below(Math.max(1, drawing.records)), to: at, forged: kind === 'forge' };
    case 'exchange':
    case 'oneWay':
      return { do: 'exchange', a: at, b: other, oneWay: kind === 'oneWay' };
    case 'interrupt': {
      const between: { after: number; step: Step }[] = [];
      const frames = random.between(1, random.pick([4, 12, 40]));
      for (let left = random.below(4); left > 0; left--) {
        const where = random.chance(0.8) ? random.pick([at, other]) : random.below(replicas);
        const step: Step = random.chance(0.7)
          ? drawWrite(drawing, where, random.chance(0.4))
          : random.chance(0.5)
            ? { do: 'reap', at: where, force: random.chance(0.2) }
            : draw(drawing, random.pick(['capture', 'deliver', 'take', 'exchange'] as const));
        between.push({ after: random.between(1, frames), step });
      }
      between.sort((a, b) => a.after - b.after);
      const visibleMax = random.pick([1, 1, 2, 1_000]);
      return {
        do: 'interrupt',
        a: at,
        b: other,
        oneWay: random.chance(0.2),
        frameBytesMax: random.pick([64, 64, 100, 400]),
        visibleMax,
        frames,
        between,
      };
    }
    case 'reap':
    case 'forcedReap':
      return { do: 'reap', at, force: kind === 'forcedReap' };
    case 'retire':
    case 'join':
      return { do: kind, at, member: random.below(replicas) };
  }
}

function drawWrite(
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
  if (!random.chance(0.2)) return { do: 'write', at, key, tombstone, context };
  tokens.push({ label: drawing.labels, key });
  return { do: 'write', at, key, tombstone, context, as: drawing.labels++ };
}
