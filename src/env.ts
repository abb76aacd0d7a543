/**
 * Everything random or timed goes through an Env, so that a seed replays a run byte for byte. The core never calls
 * Date.now or Math.random anywhere but here.
 */

export type Env = {
  /** Wall clock in milliseconds since the epoch; may step, stand still or be a year off. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
};

/** The Env of the running process. */
export const systemEnv: Env = { now: () => Date.now(), random: () => Math.random() };
