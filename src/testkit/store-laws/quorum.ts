/** L13 for a group of somebody's own: reads and writes that overlap. */

import fc from 'fast-check';
import { Operations } from '../../model/operations.ts';
import { checkLawAsync, demand, type LawParameters } from '../laws/check.ts';
import { replicaName } from './program.ts';
import type { Shown } from './store-under-test.ts';

type Perhaps<T> = T | Promise<T>;

/** A group of replicas: `G` is the whole of it, replicas are named by their place. */
export type GroupUnderTest<G, C> = {
  /** A group that nobody has used. */
  readonly open: (replicas: number) => Perhaps<G>;
  /** What `r` replicas know of the key, asked at replica `at`; undefined when they did not answer. */
  readonly get: (group: G, at: number, key: string, r: number) => Perhaps<Shown<C> | undefined>;
  /** Whether `w` replicas acknowledged the write. */
  readonly put: (group: G, at: number, key: string, value: string, context: C, w: number) => Perhaps<boolean>;
  /** Cuts a replica off from all others, or lets it back. */
  readonly cut?: (group: G, at: number, isCut: boolean) => unknown;
  readonly close?: (group: G) => unknown;
};

type GroupStep = { readonly do: 'put' | 'get' | 'cut' | 'heal'; readonly at: number; readonly r: number };

/** L13: with R + W > N, a read that is answered shows every acknowledged write, or one whose writer had seen it. Throws: LawBroken. */
export async function quorumReads<G, C>(
  subject: GroupUnderTest<G, C>,
  { replicas = 3, ...parameters }: LawParameters & { readonly replicas?: number } = {},
): Promise<void> {
  const step: fc.Arbitrary<GroupStep> = fc.record({
    do: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<('put' | 'get')[]>('put', 'get') },
      { weight: subject.cut === undefined ? 0 : 2, arbitrary: fc.constantFrom<('cut' | 'heal')[]>('cut', 'heal') },
    ),
    at: fc.nat({ max: replicas - 1 }),
    r: fc.integer({ min: 1, max: replicas }),
  });
  const holds = async (steps: readonly GroupStep[]): Promise<void> => {
    const group = await subject.open(replicas);
    try {
      await playGroup(subject, group, steps, replicas);
    } finally {
      await subject.close?.(group);
    }
  };
  await checkLawAsync('L13 quorum reads', fc.array(step, { maxLength: 14 }), holds, parameters, (steps) =>
    steps.map((one) => print(one, replicas)).join('\n  '),
  );
}

async function playGroup<G, C>(
  subject: GroupUnderTest<G, C>,
  group: G,
  steps: readonly GroupStep[],
  replicas: number,
): Promise<void> {
  const operations = new Operations();
  const acknowledged = new Set<string>();
  const key = 'k';
  for (const step of steps) {
    const { at, r } = step;
    if (step.do === 'cut' || step.do === 'heal') {
      await subject.cut?.(group, at, step.do === 'cut');
      continue;
    }
    const shown = await subject.get(group, at, key, r);
    if (shown === undefined) continue;
    // Every write here was acknowledged by W = N + 1 − R of the step that wrote it: a read of that many or more meets it.
    for (const name of acknowledged) {
      const [, needs = '0'] = name.split('/');
      const isMet = shown.values.includes(name) || operations.of(key).some(({ context }) => context.has(name));
      demand(
        r < Number(needs) || isMet,
        `a read of ${r} at ${replicaName(at)} shows ${shown.values.join(' and ') || 'nothing'}, and not ${name}, which ${replicas + 1 - Number(needs)} of ${replicas} acknowledged`,
      );
    }
    if (step.do === 'get') continue;
    const name = `v${operations.of(key).length + 1}/${r}`;
    const seen = new Set(
      shown.values.flatMap((value) => (operations.has(value) ? [value, ...operations.get(value).context] : [])),
    );
    operations.add({ name, key, tombstone: false, value: name, context: seen });
    if (await subject.put(group, at, key, name, shown.context, replicas + 1 - r)) acknowledged.add(name);
  }
}

function print({ do: kind, at, r }: GroupStep, replicas: number): string {
  if (kind === 'get') return `${replicaName(at)}: read with R = ${r}`;
  if (kind === 'put') return `${replicaName(at)}: read with R = ${r}, then put with W = ${replicas + 1 - r}`;
  return `${replicaName(at)}: ${kind === 'cut' ? 'is cut off' : 'is back'}`;
}
