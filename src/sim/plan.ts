/**
 * A plan: everything that a run is made of, as data that can be written to a file, run again and cut down. Nothing of it
 * is drawn while it runs but what the network and the disks do to single frames and commits.
 */

import type { Durability } from '../storage/storage.ts';
import type { Delay } from './chance.ts';
import type { DiskPace, SyncFailure } from './disk.ts';
import type { Weather } from './network.ts';

/** The format of plans in files. */
export const PLAN_VERSION = 1;

/** What a client does. Processes and keys by their place in the plan. `read`: based on what the client read last. */
export type ClientStep =
  | { readonly do: 'get'; readonly client: number; readonly key: number; readonly r?: number }
  | {
      readonly do: 'put' | 'delete';
      readonly client: number;
      readonly key: number;
      readonly context: 'local' | 'none' | 'read';
      readonly w?: number;
    }
  | { readonly do: 'batch'; readonly client: number; readonly keys: readonly number[] }
  | { readonly do: 'resolve'; readonly client: number; readonly key: number; readonly isDelete: boolean }
  /** Writes one key with the token of another, which is to be refused. */
  | { readonly do: 'misuse'; readonly client: number; readonly key: number; readonly of: number }
  | { readonly do: 'move'; readonly client: number; readonly to: number };

/** What happens to a process. `turns`: so many promises after the next thing that happens to it. */
export type ProcessStep =
  | {
      readonly do: 'crash';
      readonly process: number;
      readonly isPower: boolean;
      readonly isReset: boolean;
      readonly turns?: number;
      readonly downMs: number;
    }
  /** Starts again, speaking and storing as the release before, or as this one. */
  | { readonly do: 'release'; readonly process: number; readonly isFormer: boolean; readonly downMs: number }
  | { readonly do: 'pause'; readonly process: number; readonly ms: number }
  | { readonly do: 'forget' | 'clone'; readonly process: number; readonly downMs: number }
  | { readonly do: 'snapshot'; readonly process: number; readonly as: number }
  | { readonly do: 'restore'; readonly process: number; readonly from: number; readonly downMs: number }
  /** Goes on with the other one of two copies of its disk, at the same place: one identity that lives twice. */
  | { readonly do: 'living copy'; readonly process: number; readonly copy: number; readonly downMs: number }
  | { readonly do: 'clock'; readonly process: number; readonly stepMs: number; readonly rate: number };

export type DiskStep =
  | { readonly do: 'full disk' | 'slow disk'; readonly process: number; readonly ms: number }
  | { readonly do: 'failing sync'; readonly process: number; readonly how: readonly SyncFailure[] }
  | { readonly do: 'read error'; readonly process: number; readonly count: number }
  /** A record is harmed: a bit of it turns, it is gone, or what it was before it was written over is there again. */
  | { readonly do: 'bit rot' | 'silent loss' | 'former bytes'; readonly process: number; readonly key: number };

export type NetworkStep =
  | {
      readonly do: 'cut';
      readonly from: number;
      readonly to: number;
      readonly isBothWays: boolean;
      readonly isLossy: boolean;
      readonly ms: number;
    }
  /** Everybody is on the side that `sides` names; `bridge` is on all. */
  | {
      readonly do: 'partition';
      readonly sides: readonly number[];
      readonly bridge?: number;
      readonly isLossy: boolean;
      readonly ms: number;
    }
  | {
      readonly do: 'flap';
      readonly from: number;
      readonly to: number;
      readonly times: number;
      readonly everyMs: number;
    }
  | { readonly do: 'hold'; readonly from: number; readonly to: number; readonly ms: number }
  | {
      readonly do: 'filter';
      readonly from: number;
      readonly to: number;
      readonly kinds: readonly string[];
      readonly ms: number;
    }
  | { readonly do: 'storm'; readonly weather: Weather; readonly ms: number };

export type CareStep =
  | { readonly do: 'join' | 'retire'; readonly process: number; readonly member: number }
  | { readonly do: 'replace'; readonly process: number; readonly member: number; readonly by: number }
  | { readonly do: 'reap'; readonly process: number; readonly force: boolean }
  /** Keeps what a replica would hand another, and hands it over whenever, also after it was reaped. */
  | { readonly do: 'capture'; readonly process: number; readonly key: number; readonly as: number }
  | { readonly do: 'stale record'; readonly record: number; readonly to: number };

export type PlanStep = { readonly at: number } & (ClientStep | ProcessStep | DiskStep | NetworkStep | CareStep);

/** A run as data. */
export type Plan = {
  readonly version: number;
  readonly seed: number;
  readonly replicas: number;
  /** The first so many are members from the start. */
  readonly members: number;
  readonly keys: readonly string[];
  readonly clients: number;
  readonly hasSessions: boolean;
  readonly durationMs: number;
  readonly durability: Durability;
  /** A store that is opened again is not read as a whole before somebody needs that. Default: it is, before anything else. */
  readonly isLazy?: boolean;
  readonly r: number;
  readonly w: number;
  readonly isSloppy: boolean;
  readonly timeoutMs: number;
  readonly hintTtlMs: number;
  readonly exchangeEveryMs: number;
  readonly reapEveryMs: number;
  readonly silenceMs: number;
  readonly weather: Weather;
  readonly disk: DiskPace;
  readonly steps: readonly PlanStep[];
};

/** The weather after the last fault. */
export const CALM: Weather = { latency: { kind: 'constant', ms: 1 }, loss: 0, duplicate: 0, reorder: 0 };
export const QUICK_DISK: DiskPace = { synced: { kind: 'constant', ms: 1 }, buffered: { kind: 'constant', ms: 0.1 } };
export const SLOW: Delay = { kind: 'uniform', fromMs: 50, toMs: 400 };

/** Kinds of steps that a client takes; all others are faults and care. */
const CLIENT_KINDS: readonly string[] = ['get', 'put', 'delete', 'batch', 'resolve', 'misuse', 'move'];

/** Whether it is a client's, and no fault. */
export function isClientStep(step: PlanStep): step is { readonly at: number } & ClientStep {
  return CLIENT_KINDS.includes(step.do);
}

/** Steps after which a disk may know less than it did. */
const LOSSY_KINDS: readonly string[] = ['forget', 'restore', 'living copy', 'bit rot', 'silent loss', 'former bytes'];

/** Whether writes may be gone for good after it, where nobody else had them. */
export function isLossyStep(step: PlanStep): boolean {
  return LOSSY_KINDS.includes(step.do);
}

/** The name of a process. */
export function processName(at: number): string {
  return NAMES[at] ?? `r${at}`;
}

const NAMES: readonly string[] = ['amber', 'birch', 'cedar', 'delta', 'ember', 'flint', 'grove'];
