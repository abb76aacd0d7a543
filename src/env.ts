/**
 * Everything random or timed goes through an Env, so that a seed replays a run byte for byte. The core never calls
 * Date.now, Math.random or setTimeout anywhere but here.
 */

export type Env = {
  /** Wall clock in milliseconds since the epoch; may step, stand still or be a year off. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
};

/** What a replica needs beside: time that passes. */
export type TimedEnv = Env & {
  /** Milliseconds on a clock that never steps; only differences mean something. */
  readonly elapsed: () => number;
  /** Calls `run` once after so many milliseconds, unless it was cancelled with what this returns. */
  readonly after: (delayMs: number, run: () => void) => () => void;
};

/** The Env of the running process. */
export const systemEnv: Env = { now: () => Date.now(), random: () => Math.random() };
