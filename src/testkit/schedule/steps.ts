/**
 * A schedule: what is done to a few replicas, step by step, as plain JSON that can be kept, shrunk and replayed. Replicas
 * and keys are numbers; tokens and captured records are named by a label when taken, so dropping a step leaves the others
 * meaning what they meant (a step whose label nobody took does nothing).
 */

/** What a write is based on: what its replica shows, nothing, or a token taken earlier at any replica for the same key. */
export type ContextChoice = 'local' | 'none' | { readonly token: number };

/** A put, or a delete when `tombstone`; `as` keeps the context that the write gives back under that label. */
export type WriteStep = {
  readonly do: 'write';
  readonly at: number;
  readonly key: number;
  readonly tombstone: boolean;
  readonly context: ContextChoice;
  readonly as?: number;
};

/** Who decides what becomes of the siblings: a resolver, one that unites their values, or a person. */
export type DecidedBy = 'last-writer' | 'delete-wins' | 'update-wins' | 'unite' | 'value' | 'delete' | 'keep';

/** An exchange between two replicas, begun by `a` (by `b`, which only learns, when `oneWay`). */
export type LinkChoice = { readonly a: number; readonly b: number; readonly oneWay: boolean };

/** What only happens to replicas on a disk. */
export type DurableStep =
  /** The replica closes and is opened again. */
  | { readonly do: 'reopen'; readonly at: number }
  /** The process ends, perhaps in the middle of a write that nobody hears of: its commit is lost, or is kept. */
  | { readonly do: 'crash'; readonly at: number; readonly key: number; readonly writing: 'nothing' | 'lost' | 'kept' }
  /** Keep what is on the disk: a copy of its files, or a backup. */
  | { readonly do: 'snapshot'; readonly at: number; readonly as: number; readonly by: 'copy' | 'backup' }
  /** Put a snapshot of the same replica in the place of what is there now. */
  | { readonly do: 'restore'; readonly at: number; readonly from: number }
  /** The disk loses the record of a key while the store is closed; only if another replica has all that is lost. */
  | { readonly do: 'lose'; readonly at: number; readonly key: number; readonly harm: 'gone' | 'flipped' }
  | { readonly do: 'verify'; readonly at: number };

/**
 * What happens on a link over which `a` pushes to `b`, and `b` to `a`. `connect`: an exchange, then a chain of pushes each
 * way; on an open link the chains go on. `start`: as after any other exchange. `draw`: the next push of `a` goes on its way,
 * `draw now` only if it is urgent. `deliver`: the oldest of its pushes arrives. `answer`: the oldest answer to them does.
 * `expire`: `b` has waited long enough; `deliver and expire`, `draw and answer`: both at once. `retry`: `b` looks again at what waits. `pump`: all of it, both ways, until nothing
 * is left to tell. `cut`: the link is lost, with all that was under way.
 */
export type PushStep = {
  readonly do: 'push';
  readonly a: number;
  readonly b: number;
  /** Two replicas may have several links. */
  readonly lane: number;
  readonly act:
    | 'connect'
    | 'start'
    | 'draw'
    | 'draw now'
    | 'deliver'
    | 'answer'
    | 'deliver and expire'
    | 'draw and answer'
    | 'expire'
    | 'retry'
    | 'pump'
    | 'cut';
};

/** One thing done to a replica, or to several. */
export type Step =
  | WriteStep
  /** Several writes, each of another key, in one atomic batch at one replica. */
  | { readonly do: 'batch'; readonly at: number; readonly writes: readonly WriteStep[] }
  /** Change the shown value through a draft; `meanwhile`: the recipe itself writes the same key before it ends. */
  | {
      readonly do: 'update';
      readonly at: number;
      readonly key: number;
      readonly meanwhile: boolean;
      readonly as?: number;
    }
  | {
      readonly do: 'resolve';
      readonly at: number;
      readonly key: number;
      readonly by: DecidedBy;
      readonly context: ContextChoice;
      readonly as?: number;
    }
  /** A client goes on at `at`, wherever its session was before. */
  | {
      readonly do: 'session';
      readonly at: number;
      readonly session: number;
      readonly key: number;
      readonly act: 'read' | 'put' | 'delete' | 'update';
    }
  /** Take the context token of an answer. */
  | { readonly do: 'take'; readonly at: number; readonly key: number; readonly as: number }
  /** Write with a token that was taken for another key: must be refused. */
  | { readonly do: 'misuse'; readonly at: number; readonly key: number; readonly token: number }
  /** Keep what a replica would hand another for a key. */
  | { readonly do: 'capture'; readonly at: number; readonly key: number; readonly as: number }
  /** Hand over a kept record, however old. `forged`: with another value under the dot of one of its versions. */
  | { readonly do: 'deliver'; readonly record: number; readonly to: number; readonly forged: boolean }
  | PushStep
  | { readonly do: 'exchange'; readonly a: number; readonly b: number; readonly oneWay: boolean }
  /** An exchange in small frames that is cut off after `frames` of them, with writes in between. */
  | {
      readonly do: 'interrupt';
      readonly a: number;
      readonly b: number;
      readonly oneWay: boolean;
      readonly frameBytesMax: number;
      readonly visibleMax: number;
      readonly frames: number;
      readonly between: readonly { readonly after: number; readonly step: Step }[];
    }
  /** Several exchanges at once in small frames: each turn moves one frame on one way of one link, the rest goes in order. */
  | {
      readonly do: 'interleave';
      readonly links: readonly LinkChoice[];
      readonly frameBytesMax: number;
      readonly visibleMax: number;
      readonly turns: readonly number[];
      readonly isCutOff: boolean;
    }
  /** The replica closes, loses everything, and comes back as a new incarnation of the same name. */
  | { readonly do: 'wipe'; readonly at: number }
  | { readonly do: 'reap'; readonly at: number; readonly force: boolean }
  | DurableStep
  | { readonly do: 'retire' | 'join'; readonly at: number; readonly member: number };

/** Replicas, keys and steps of one run; the first `members` replicas are members from the start. */
export type Schedule = {
  readonly replicas: number;
  readonly keys: number;
  readonly members: number;
  readonly onConflict: 'refuse' | 'overwrite';
  /** Replicas are on disks, and commit like this; in memory without it. */
  readonly durability?: 'synced' | 'buffered';
  readonly steps: readonly Step[];
};

/** The replicas a step touches. */
export function replicasOf(step: Step): number[] {
  switch (step.do) {
    case 'exchange':
    case 'push':
      return [step.a, step.b];
    case 'interrupt':
      return [step.a, step.b, ...step.between.flatMap(({ step: inner }) => replicasOf(inner))];
    case 'interleave':
      return step.links.flatMap(({ a, b }) => [a, b]);
    case 'deliver':
      return [step.to];
    case 'retire':
    case 'join':
      return [step.at, step.member];
    default:
      return [step.at];
  }
}

/** The keys a step names. */
export function keysOf(step: Step): number[] {
  switch (step.do) {
    case 'write':
    case 'update':
    case 'resolve':
    case 'session':
    case 'take':
    case 'misuse':
    case 'capture':
    case 'crash':
    case 'lose':
      return [step.key];
    case 'batch':
      return step.writes.map(({ key }) => key);
    case 'interrupt':
      return step.between.flatMap(({ step: inner }) => keysOf(inner));
    default:
      return [];
  }
}

/** `step` with every replica and key renamed. */
export function renamed(step: Step, replica: (index: number) => number, key: (index: number) => number): Step {
  switch (step.do) {
    case 'write':
      return { ...step, at: replica(step.at), key: key(step.key) };
    case 'batch':
      return {
        ...step,
        at: replica(step.at),
        writes: step.writes.map((write) => ({ ...write, at: replica(write.at), key: key(write.key) })),
      };
    case 'update':
    case 'resolve':
    case 'session':
    case 'take':
    case 'misuse':
    case 'capture':
    case 'crash':
    case 'lose':
      return { ...step, at: replica(step.at), key: key(step.key) };
    case 'deliver':
      return { ...step, to: replica(step.to) };
    case 'exchange':
    case 'push':
      return { ...step, a: replica(step.a), b: replica(step.b) };
    case 'interrupt': {
      const between = step.between.map(({ after, step: inner }) => ({ after, step: renamed(inner, replica, key) }));
      return { ...step, a: replica(step.a), b: replica(step.b), between };
    }
    case 'interleave':
      return { ...step, links: step.links.map((link) => ({ ...link, a: replica(link.a), b: replica(link.b) })) };
    case 'reap':
    case 'wipe':
    case 'reopen':
    case 'snapshot':
    case 'restore':
    case 'verify':
      return { ...step, at: replica(step.at) };
    case 'retire':
    case 'join':
      return { ...step, at: replica(step.at), member: replica(step.member) };
  }
}
