/**
 * Draws a schedule from a seed. Each schedule draws its own mix of steps first (some kinds not at all, some often), which
 * reaches odd corners sooner than one mix for all.
 */

import { Random } from '../../random.ts';
import { type Drawing, drawBatch, drawLabel, drawPeer, drawPush, drawWrite, SESSIONS } from './drawing.ts';
import type { DecidedBy, DurableStep, LinkChoice, Schedule, Step } from './steps.ts';
import { drawChains, drawComeback, drawHearsay, drawLate, drawTriangle, mixIn } from './stories.ts';

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
  update: 7,
  resolve: 6,
  session: 9,
  interleave: 6,
  wipe: 2,
  push: 26,
} as const;
/** The same for what only happens to replicas on disks. */
const DURABLE_WEIGHTS: Readonly<Record<DurableStep['do'], number>> = {
  reopen: 10,
  crash: 10,
  snapshot: 6,
  restore: 6,
  lose: 12,
  verify: 3,
};
const DECIDERS: readonly DecidedBy[] = [
  'last-writer',
  'delete-wins',
  'update-wins',
  'unite',
  'value',
  'delete',
  'keep',
];
const ACTS = ['read', 'read', 'put', 'delete', 'update'] as const;
const BETWEEN = ['capture', 'deliver', 'take', 'exchange', 'update', 'wipe', 'push'] as const;
const BETWEEN_DURABLE = ['reopen', 'reopen', 'crash', 'crash', 'snapshot', 'restore', 'lose'] as const;
type Kind = keyof typeof WEIGHTS | DurableStep['do'];

/** The schedule of `seed`: 2 to 5 replicas, 1 to 4 keys, 4 to 60 steps; some with partitions. */
export function generateSchedule(seed: number): Schedule {
  return drawSchedule(new Random(seed), false);
}

/** The same for replicas on disks, which are closed, crash, lose records and are put back to what they were. */
export function generateDurableSchedule(seed: number): Schedule {
  const random = new Random(seed);
  const durability = random.chance(0.8) ? 'synced' : 'buffered';
  return { durability, ...drawSchedule(random, true) };
}

function drawSchedule(random: Random, isDurable: boolean): Schedule {
  const replicas = random.between(2, random.chance(0.3) ? 5 : 3);
  const keys = random.between(1, random.chance(0.3) ? 4 : 2);
  const members = random.chance(0.7) ? replicas : random.between(1, replicas);
  const onConflict = random.chance(0.5) ? 'refuse' : 'overwrite';
  const kinds: Kind[] = [];
  // `as`: the keys of the table
  const weights = isDurable ? { ...WEIGHTS, ...DURABLE_WEIGHTS } : WEIGHTS;
  for (const [kind, weight] of Object.entries(weights) as [Kind, number][]) {
    const times = weight * random.pick([0, 1, 1, 1, 3]);
    for (let at = 0; at < times; at++) kinds.push(kind);
  }
  kinds.push('put', 'delete', 'exchange', 'reap');
  const drawing: Drawing = {
    ...{ random, isDurable, replicas, keys },
    ...{ sides: [], links: [], tokens: [], records: 0, labels: 0, snapshots: [] },
  };
  const steps: Step[] = [];
  const comesBack = random.chance(0.15);
  const parts = random.chance(0.4);
  for (let left = random.between(4, random.pick([12, 30, 60])); left > 0; left--) {
    if (parts && random.chance(0.12)) drawing.sides = Array.from({ length: replicas }, () => random.below(2));
    steps.push(draw(drawing, random.pick(kinds)));
  }
  if (comesBack) mixIn(random, steps, drawComeback(drawing));
  if (random.chance(0.1)) mixIn(random, steps, drawHearsay(drawing));
  if (random.chance(0.4)) mixIn(random, steps, drawChains(drawing));
  if (random.chance(0.05)) mixIn(random, steps, drawLate(drawing));
  if (random.chance(0.25)) mixIn(random, steps, drawTriangle(drawing));
  return { replicas, keys, members, onConflict, steps };
}

function draw(drawing: Drawing, kind: Kind): Step {
  const { random, replicas, keys, tokens } = drawing;
  const at = random.below(replicas);
  const key = random.below(keys);
  const other = drawPeer(drawing, at);
  switch (kind) {
    case 'put':
    case 'delete':
      return drawWrite(drawing, at, kind === 'delete');
    case 'batch':
      return {
        do: 'batch',
        at,
        writes: drawBatch(drawing, at),
      };
    case 'update':
      return { do: 'update', at, key, meanwhile: random.chance(0.2), ...drawLabel(drawing, key) };
    case 'resolve': {
      const { context } = drawWrite(drawing, at, false, key);
      return { do: 'resolve', at, key, by: random.pick(DECIDERS), context, ...drawLabel(drawing, key) };
    }
    case 'session':
      return { do: 'session', at, session: random.below(SESSIONS), key, act: random.pick(ACTS) };
    case 'push':
      return drawPush(drawing, at, other);
    case 'wipe':
      return { do: 'wipe', at };
    case 'interleave':
      return drawInterleaving(drawing, at, other);
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
            : draw(drawing, random.pick(drawing.isDurable ? [...BETWEEN, ...BETWEEN_DURABLE] : BETWEEN));
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
    default:
      return drawDurable(drawing, kind);
  }
}

function drawDurable({ random, replicas, keys, snapshots }: Drawing, kind: DurableStep['do']): Step {
  const at = random.below(replicas);
  const key = random.below(keys);
  switch (kind) {
    case 'reopen':
    case 'verify':
      return { do: kind, at };
    case 'crash':
      return { do: kind, at, key, writing: random.pick(['nothing', 'lost', 'kept']) };
    case 'snapshot': {
      const label = snapshots.length;
      snapshots.push({ label, at });
      return { do: kind, at, as: label, by: random.chance(0.7) ? 'copy' : 'backup' };
    }
    case 'restore': {
      if (snapshots.length === 0) return { do: 'reopen', at };
      const { label, at: where } = random.pick(snapshots);
      return { do: kind, at: where, from: label };
    }
    case 'lose':
      return { do: kind, at, key, harm: random.pick(['gone', 'gone', 'flipped']) };
  }
}

/** Mostly one replica with two others, else the same two twice, each beginning one of the exchanges. */
function drawInterleaving(drawing: Drawing, at: number, other: number): Step {
  const { random, replicas } = drawing;
  const links: LinkChoice[] = [{ a: at, b: other, oneWay: random.chance(0.2) }];
  const third = (at + 1 + random.below(replicas - 1)) % replicas;
  links.push(
    third === other
      ? { a: other, b: at, oneWay: random.chance(0.2) }
      : random.chance(0.5)
        ? { a: third, b: at, oneWay: random.chance(0.2) }
        : { a: at, b: third, oneWay: random.chance(0.2) },
  );
  if (third !== other && random.chance(0.3)) links.push({ a: other, b: third, oneWay: random.chance(0.2) });
  const turns = Array.from({ length: random.between(1, random.pick([6, 20, 60])) }, () =>
    random.below(links.length * 2),
  );
  return {
    do: 'interleave',
    links,
    frameBytesMax: random.pick([64, 64, 100, 400]),
    visibleMax: random.pick([1, 1, 2, 1_000]),
    turns,
    isCutOff: random.chance(0.4),
  };
}
