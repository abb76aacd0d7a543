/** Three replicas that know of each other and have met, as most tests of groups begin; and what fails, as an error. */

import { expect } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import type { GroupOptions, HintOptions } from '../../src/replica/replica-types.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { shown } from '../store/replicas.ts';
import type { FakeEnv } from './fake-env.ts';
import { Cluster, type JoinOptions, type Replica } from './fake-peers.ts';

export const NAMES: readonly string[] = ['a', 'b', 'c'];

/** Nothing is handed off. */
export const NO_HINTS: JoinOptions<string> = { hints: (): HintOptions => ({ storage: memoryStorage(), hintsMax: 0 }) };

export type Three = {
  readonly cluster: Cluster<string>;
  readonly env: FakeEnv;
  readonly a: Replica<string>;
  readonly b: Replica<string>;
  readonly c: Replica<string>;
};

/** By default R = W = 2. */
export async function three(
  group: GroupOptions = { n: 3, r: 2, w: 2 },
  options: JoinOptions<string> = {},
): Promise<Three> {
  const cluster = new Cluster<string>();
  const [a, b, c] = await cluster.openAll(NAMES, group, options);
  if (a === undefined || b === undefined || c === undefined) throw new Error('one is missing');
  return { cluster, env: cluster.env, a, b, c };
}

/** What a group shows from one coordinator, and whose answers that reflects. */
export async function read({ env }: Three, { group }: Replica<string>, key: string, r?: number): Promise<string> {
  const { answer, from } = await env.run(group.get(key, r === undefined ? {} : { r }));
  return `${shown(answer)} from ${from.join(' ')}`;
}

/** The CausalError that an attempt ends with. */
export async function failureOf(attempt: Promise<unknown>): Promise<CausalError> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof CausalError) return error;
    throw error;
  }
  return expect.fail('it was not refused');
}
