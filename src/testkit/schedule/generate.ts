/**
 * Draws a schedule from a seed. Each schedule draws its own mix of steps first (some kinds not at all, some often), which
 * reaches odd corners sooner than one mix for all.
 */

import { Random } from './random.ts';
import type { ContextChoice, DecidedBy, DurableStep, LinkChoice, Schedule, Step, WriteStep } from './steps.ts';

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
const BETWEEN = ['capture', 'deliver', 'take', 'exchange', 'update', 'wipe'] as const;
const BETWEEN_DURABLE = ['reopen', 'reopen', 'crash', 'crash', 'snapshot', 'restore', 'lose'] as const;
const SESSIONS = 2;
type Kind = keyof typeof WEIGHTS | DurableStep['do'];

type Drawing = {
  readonly random: Random;
  readonly isDurable: boolean;
  readonly replicas: number;
  readonly keys: number;
  /** The side of the partition each replica is on; replicas of one side meet while it lasts. */
  sides: readonly number[];
  readonly tokens: { label: number; key: number }[];
  records: number;
  labels: number;
  readonly snapshots: { label: number; at: number }[];
};

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
    ...{ sides: [], tokens: [], records: 0, labels: 0, snapshots: [] },
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
  return { do: 'write', at, key, tombstone, context, ...drawLabel(drawing, key) };
}

/** Now and then a label under which the context that a write gives back is kept. */
function drawLabel(drawing: Drawing, key: number): { readonly as?: number } {
  if (!drawing.random.chance(0.2)) return {};
  drawing.tokens.push({ label: drawing.labels, key });
  return { as: drawing.labels++ };
}

function drawBatch(drawing: Drawing, at: number): WriteStep[] {
  const { random, keys, tokens } = drawing;
  return Array.from({ length: keys }, (_, key) => {
    const foreign = tokens.filter((token) => token.key !== key);
    const write = drawWrite(drawing, at, random.chance(0.4), key);
    if (foreign.length === 0 || !random.chance(0.1)) return write;
    return { ...write, context: { token: random.pick(foreign).label } };
  });
}

/**
 * What many steps drawn at random hardly ever make: a replica that saw a delete comes back empty, is heard of without
 * hearing, and writes beside the delete before the others reap it.
 */
function drawComeback(drawing: Drawing): Step[] {
  const { random, replicas, keys } = drawing;
  const at = random.below(replicas);
  const key = random.below(keys);
  const peer = drawPeer(drawing, at);
  const write = (where: number, tombstone: boolean): Step => ({
    do: 'write',
    at: where,
    key,
    tombstone,
    context: 'local',
  });
  return [
    write(peer, true),
    { do: 'exchange', a: at, b: peer, oneWay: false },
    { do: 'wipe', at },
    ...(random.chance(0.5) ? [write(at, false)] : []),
    { do: 'exchange', a: at, b: peer, oneWay: random.chance(0.7) },
    write(at, random.chance(0.3)),
    { do: 'reap', at: peer, force: false },
  ];
}

/** A client reads where a delete is known by hearsay only, between two reads where it is not known at all. */
function drawHearsay(drawing: Drawing): Step[] {
  const { random, replicas, keys } = drawing;
  const [giver, hearer] = [random.below(replicas), random.below(replicas)];
  const other = (giver + 1 + random.below(replicas - 1)) % replicas;
  const key = random.below(keys);
  const session = random.below(SESSIONS);
  const record = drawing.records++;
  const read = (at: number): Step => ({ do: 'session', at, session, key, act: 'read' });
  return [
    { do: 'write', at: giver, key, tombstone: false, context: 'local' },
    ...[other, hearer].flatMap((at): Step[] =>
      at === giver ? [] : [{ do: 'exchange', a: giver, b: at, oneWay: false }],
    ),
    { do: 'write', at: giver, key, tombstone: true, context: 'local' },
    { do: 'reap', at: giver, force: true },
    { do: 'capture', at: giver, key, as: record },
    { do: 'deliver', record, to: hearer, forged: false },
    read(other),
    read(hearer),
    read(random.pick([other, hearer])),
  ];
}

/** Puts `more` somewhere among `steps`, in order, mostly close together. */
function mixIn(random: Random, steps: Step[], more: readonly Step[]): void {
  let at = random.below(steps.length + 1);
  for (const step of more) {
    steps.splice(at, 0, step);
    at = Math.min(steps.length, at + 1 + (random.chance(0.2) ? 1 : 0));
  }
}

function drawPeer({ random, replicas, sides }: Drawing, at: number): number {
  const near = Array.from({ length: replicas }, (_, index) => index).filter(
    (index) => index !== at && sides[index] === sides[at],
  );
  return near.length > 0 ? random.pick(near) : (at + 1 + random.below(replicas - 1)) % replicas;
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
