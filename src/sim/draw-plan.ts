/**
 * Draws plans. Swarm testing (Groce et al. 2012): each run has its own mix of faults, so that no fault hides behind
 * another one; how many replicas, clients and keys there are, how they are set and how bad it gets is drawn too.
 */

import { Random } from '../random.ts';
import { type Delay, randomFor } from './chance.ts';
import type { DiskPace } from './disk.ts';
import { type Drawing, formerSteps, misuseSteps, powerSteps, releaseSteps } from './draw-apart.ts';
import type { Weather } from './network.ts';
import { CALM, PLAN_VERSION, type Plan, type PlanStep, QUICK_DISK } from './plan.ts';

/** The faults that a plan may have, each with how often a minute it strikes. */
export const FAULTS = {
  crash: 6,
  pause: 3,
  forget: 0.5,
  clone: 0.5,
  restore: 0.7,
  'living copy': 2,
  release: 4,
  clock: 3,
  'full disk': 2,
  'slow disk': 2,
  'failing sync': 3,
  'read error': 3,
  'bit rot': 0.7,
  'silent loss': 0.7,
  'former bytes': 0.7,
  cut: 6,
  partition: 3,
  flap: 2,
  hold: 4,
  filter: 4,
  storm: 3,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  membership: 3,
  'forced reap': 2,
  'stale record': 6,
} as const;
export type Fault = keyof typeof FAULTS;

export type Profile = 'swarm' | 'calm' | 'network' | 'process' | 'disk' | 'membership' | 'copies' | 'releases';

/** Which faults a run draws from. */
export const PROFILES: Readonly<Record<Profile, readonly Fault[]>> = {
  /** Half of all kinds, drawn for each run. */
  swarm: (Object.keys(FAULTS) as readonly Fault[]).filter((fault) => fault !== 'living copy'), // the keys of the table above
  calm: [],
  network: ['cut', 'partition', 'flap', 'hold', 'filter', 'storm', 'loss', 'duplicate', 'reorder', 'stale record'],
  process: ['crash', 'pause', 'clone', 'clock', 'cut', 'stale record'],
  disk: [
    'crash',
    'full disk',
    'slow disk',
    'failing sync',
    'read error',
    'bit rot',
    'silent loss',
    'former bytes',
    'restore',
    'forget',
  ],
  /** Once an id was in use twice, no dot tells which write it names: everything but values is judged less strictly. */
  copies: ['living copy', 'crash', 'cut'],
  membership: ['membership', 'crash', 'cut', 'partition', 'forced reap', 'stale record'],
  /** Processes of this release and of the one before, upgraded and rolled back. */
  releases: ['release', 'crash', 'cut', 'membership', 'forced reap', 'stale record'],
};

export type DrawOptions = {
  readonly profile?: Profile;
  /** Minutes of virtual time before the healing. Default 1. */
  readonly minutes?: number;
  /** Default: drawn, 2 to 5. */
  readonly replicas?: number;
  /** Of all clients together. Default: drawn, 2 to 20. */
  readonly operationsPerSecond?: number;
  /** Default: drawn, 1 to all there are. */
  readonly keys?: number;
  /** In the place of those of a profile; one that is named twice strikes twice as often. */
  readonly faults?: readonly Fault[];
  /** Clients go from replica to replica. Default: drawn. */
  readonly isMoving?: boolean;
  /** What is set and not drawn. */
  readonly set?: Partial<Settings>;
};

/** How replicas and clients of a plan are set. */
export type Settings = Pick<
  Plan,
  | 'hasSessions'
  | 'durability'
  | 'isLazy'
  | 'r'
  | 'w'
  | 'isSloppy'
  | 'timeoutMs'
  | 'hintTtlMs'
  | 'exchangeEveryMs'
  | 'reapEveryMs'
  | 'silenceMs'
  | 'weather'
  | 'disk'
>;

const MINUTE_MS = 60_000;
const KEYS: readonly string[] = ['k', '__proto__', 'user/1', '\u{1f5ff}', 'cart/7', 'a', 'z/z', 'constructor'];
const MESSAGE_KINDS: readonly string[] = ['exchange', 'push', 'ack', 'want', 'lost', 'ask', 'give', 'record', 'given'];
const YEAR_MS = 31_536_000_000;
/** These leave writes lost for good; most runs do without them, so that everything else is judged strictly. */
const HARD: readonly Fault[] = ['forget', 'restore', 'bit rot', 'silent loss', 'former bytes'];
/** These are drawn apart from everything else: a plan is what it was without them. */
const APART: readonly Fault[] = ['release', 'former bytes'];

/** The plan of a seed. The same seed and options give the same plan. */
export function drawPlan(seed: number, options: DrawOptions = {}): Plan {
  const random = new Random(seed);
  const { profile = 'swarm', minutes = 1 } = options;
  const durationMs = Math.round(minutes * MINUTE_MS);
  const replicas = options.replicas ?? random.between(2, 5);
  const isSwarm = profile === 'swarm' && options.faults === undefined;
  const all = options.faults ?? PROFILES[profile];
  const isHard = !isSwarm || random.chance(0.25);
  const drawn = all.filter((fault) => !APART.includes(fault));
  const faults = drawn.filter((fault) => (isHard || !HARD.includes(fault)) && (!isSwarm || random.chance(0.5)));
  const drawnKeys = random.between(1, KEYS.length);
  const keys = KEYS.slice(0, options.keys ?? drawnKeys);
  const clients = random.between(replicas, replicas * 3);
  const members = faults.includes('membership') && random.chance(0.5) ? random.between(1, replicas) : replicas;
  const hasPowerCut = options.faults === undefined && profile !== 'copies' && faults.includes('crash');
  const drawing: Drawing = { random, replicas, keys: keys.length, clients, durationMs, members, labels: 0 };
  const rate = options.operationsPerSecond ?? random.pick([2, 5, 10, 20]);
  const steps = [
    ...clientSteps(drawing, rate, random.chance(0.5) || options.isMoving === true),
    ...faults.flatMap((fault) => faultSteps(drawing, fault)),
    ...misuseSteps({ ...drawing, random: randomFor(seed, 'misuse') }),
    ...(hasPowerCut ? powerSteps({ ...drawing, random: randomFor(seed, 'power') }) : []),
    ...(all.includes('release')
      ? releaseSteps({ ...drawing, random: randomFor(seed, 'release') }, isSwarm, faultSteps)
      : []),
    ...(isHard && all.includes('former bytes')
      ? formerSteps({ ...drawing, random: randomFor(seed, 'former bytes') }, isSwarm, faultSteps)
      : []),
  ];
  const majority = (members >> 1) + 1;
  const isStrict = random.chance(0.5);
  const lazy = randomFor(seed, 'lazy').chance(0.5) ? { isLazy: true } : {};
  return {
    ...{ version: PLAN_VERSION, seed, replicas, members, keys, clients, durationMs },
    hasSessions: random.chance(0.6),
    durability: random.chance(0.75) ? 'synced' : 'buffered',
    ...lazy,
    r: isStrict ? majority : random.between(1, members),
    w: isStrict ? majority : random.between(1, members),
    isSloppy: random.chance(0.25),
    timeoutMs: random.pick([500, 2_000]),
    hintTtlMs: random.pick([500, 5_000, 60_000]),
    exchangeEveryMs: random.pick([500, 2_000, 5_000]),
    reapEveryMs: random.pick([300, 1_000, 4_000]),
    silenceMs: random.pick([1_500, 4_000]),
    weather: drawWeather(random, faults),
    disk: drawDisk(random),
    ...options.set,
    steps: steps.sort((one, other) => one.at - other.at),
  };
}

function clientSteps(drawing: Drawing, perSecond: number, isMoving: boolean): PlanStep[] {
  const { random, durationMs, clients, keys, replicas, members } = drawing;
  const steps: PlanStep[] = [];
  const count = Math.round((durationMs / 1_000) * perSecond);
  for (let made = 0; made < count; made += 1) {
    const at = Math.round(random.fraction() * durationMs);
    const client = random.below(clients);
    const key = random.chance(0.5) ? 0 : random.below(keys);
    const quorum = (): number | undefined => (random.chance(0.1) ? random.between(1, members) : undefined);
    const drawn = random.fraction();
    if (drawn < 0.35) {
      const r = quorum();
      steps.push({ at, do: 'get', client, key, ...(r === undefined ? {} : { r }) });
    } else if (drawn < 0.86) {
      const w = quorum();
      const context = random.pick(['local', 'local', 'read', 'read', 'none'] as const);
      const kind = random.chance(0.7) ? 'put' : 'delete';
      steps.push({ at, do: kind, client, key, context, ...(w === undefined ? {} : { w }) });
    } else if (drawn < 0.9) {
      steps.push({
        at,
        do: 'batch',
        client,
        keys: Array.from({ length: random.between(1, 4) }, () => random.below(keys)),
      });
    } else if (drawn < 0.96 || !isMoving) steps.push({ at, do: 'resolve', client, key, isDelete: random.chance(0.3) });
    else steps.push({ at, do: 'move', client, to: random.below(replicas) });
  }
  return steps;
}

function faultSteps(drawing: Drawing, fault: Fault): PlanStep[] {
  const { random, durationMs } = drawing;
  const expected = (FAULTS[fault] * durationMs) / MINUTE_MS;
  const steps: PlanStep[] = [];
  const count = FAULTS[fault] === 0 ? 0 : Math.max(1, random.between(0, Math.ceil(2 * expected)));
  for (let made = 0; made < count; made += 1)
    steps.push(...faultStep(drawing, fault, Math.round(random.fraction() * durationMs)));
  return steps;
}

function faultStep(drawing: Drawing, fault: Fault, at: number): readonly PlanStep[] {
  const { random, replicas, keys, durationMs } = drawing;
  const process = random.below(replicas);
  const key = random.below(keys);
  const ms = random.pick([100, 1_000, 5_000, 20_000]);
  const downMs = random.pick([50, 1_000, 10_000, 30_000]);
  const from = process;
  const to = (from + 1 + random.below(Math.max(1, replicas - 1))) % replicas;
  switch (fault) {
    case 'crash': {
      const turns = random.chance(0.5) ? random.below(40) : undefined;
      const crash = {
        at,
        do: fault,
        process,
        downMs,
        isPower: random.chance(0.5),
        isReset: random.chance(0.5),
      } as const;
      return [{ ...crash, ...(turns === undefined ? {} : { turns }) }];
    }
    case 'pause':
      return [{ at, do: fault, process, ms }];
    case 'forget':
    case 'clone':
      return [{ at, do: fault, process, downMs }];
    case 'restore': {
      const as = drawing.labels++;
      const later = at + random.below(Math.max(1, durationMs - at));
      return [
        { at, do: 'snapshot', process, as },
        { at: later, do: 'restore', process, from: as, downMs },
      ];
    }
    case 'living copy': {
      const copy = drawing.labels++;
      const later = (): number => at + random.below(Math.max(1, durationMs - at));
      const swaps = Array.from({ length: random.between(1, 3) }, later);
      return [
        { at, do: 'snapshot', process, as: copy },
        ...swaps.map((when) => ({ at: when, do: fault, process, copy, downMs: random.pick([50, 1_000]) })),
      ];
    }
    case 'release':
      return [{ at, do: fault, process, isFormer: random.chance(0.4), downMs: random.pick([50, 1_000]) }];
    case 'clock': {
      const stepMs = random.pick([0, 60_000, -60_000, 3_600_000, YEAR_MS, YEAR_MS, -YEAR_MS, -YEAR_MS]);
      return [{ at, do: fault, process, stepMs, rate: random.pick([0, 0, 0.5, 1, 1, 2]) }];
    }
    case 'full disk':
    case 'slow disk':
      return [{ at, do: fault, process, ms }];
    case 'failing sync':
      return [{ at, do: fault, process, how: [random.pick(['applied', 'not applied'] as const)] }];
    case 'read error':
      return [{ at, do: fault, process, count: random.between(1, 3) }];
    case 'bit rot':
    case 'silent loss':
    case 'former bytes':
      return [{ at, do: fault, process, key }];
    case 'cut':
      return [{ at, do: fault, from, to, isBothWays: random.chance(0.5), isLossy: random.chance(0.5), ms }];
    case 'partition': {
      const sides = Array.from({ length: replicas }, () => random.below(2));
      const bridge = random.chance(0.3) ? { bridge: random.below(replicas) } : {};
      return [{ at, do: fault, sides, ...bridge, isLossy: random.chance(0.5), ms }];
    }
    case 'flap':
      return [{ at, do: fault, from, to, times: random.between(2, 10), everyMs: random.pick([50, 300, 1_000]) }];
    case 'hold':
      return [{ at, do: fault, from, to, ms: random.pick([200, 1_000, 3_000]) }];
    case 'filter': {
      const kinds = MESSAGE_KINDS.filter(() => random.chance(0.3));
      return [{ at, do: fault, from, to, kinds, ms }];
    }
    case 'storm':
      return [{ at, do: fault, weather: drawWeather(random, ['loss', 'duplicate', 'reorder'], 0.3), ms }];
    case 'membership':
      return membershipSteps(drawing, at);
    case 'forced reap':
      return [{ at, do: 'reap', process, force: true }];
    case 'stale record': {
      const as = drawing.labels++;
      const later = at + random.below(Math.max(1, durationMs - at));
      return [
        { at, do: 'capture', process, key, as },
        { at: later, do: fault, record: as, to },
      ];
    }
    case 'loss':
    case 'duplicate':
    case 'reorder':
      return [];
    default:
      throw new TypeError(`Cannot draw "${fault satisfies never}": it is no fault`);
  }
}

/** Somebody retires and, later, comes back; or joins; or is replaced. In the end all that are left are members again. */
function membershipSteps({ random, replicas, durationMs }: Drawing, at: number): readonly PlanStep[] {
  const process = random.below(replicas);
  const member = random.below(replicas);
  const later = at + random.below(Math.max(1, durationMs - at));
  const by = random.below(replicas);
  if (random.chance(0.55) && by !== member)
    return [
      { at, do: 'replace', process, member, by },
      { at: later, do: 'join', process, member },
    ];
  if (random.chance(0.5))
    return [
      { at, do: 'retire', process, member },
      { at: later, do: 'join', process: random.below(replicas), member },
    ];
  return [{ at, do: random.pick(['join', 'retire'] as const), process, member }];
}

function drawWeather(random: Random, faults: readonly Fault[], most = 0.05): Weather {
  const share = (fault: Fault): number => (faults.includes(fault) ? most * random.fraction() : 0);
  const latency = random.pick<Delay>([
    CALM.latency,
    { kind: 'uniform', fromMs: 1, toMs: 20 },
    { kind: 'exponential', meanMs: 10 },
    { kind: 'pareto', fromMs: 2, shape: 1.5 },
    { kind: 'uniform', fromMs: 20, toMs: 150 },
  ]);
  return { latency, loss: share('loss') / 5, duplicate: share('duplicate'), reorder: share('reorder') };
}

function drawDisk(random: Random): DiskPace {
  return random.pick<DiskPace>([
    QUICK_DISK,
    { synced: { kind: 'uniform', fromMs: 1, toMs: 10 }, buffered: { kind: 'constant', ms: 0.1 } },
    { synced: { kind: 'pareto', fromMs: 1, shape: 1.2 }, buffered: { kind: 'constant', ms: 0.05 } },
  ]);
}
