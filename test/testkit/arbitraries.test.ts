import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { freezeValue } from '../../src/codec/value.ts';
import { decodeValue, encodeValue } from '../../src/codec/value-encoding.ts';
import { CausalError } from '../../src/errors.ts';
import { LinkReader } from '../../src/replica/link-message.ts';
import { runPlan } from '../../src/sim/run.ts';
import { checkKey } from '../../src/store/key.ts';
import { faultOfRecord } from '../../src/store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import {
  clusters,
  contexts,
  dotSets,
  dots,
  faultPlans,
  generateSchedule,
  histories,
  keys,
  linkFrameBytes,
  operations,
  programs,
  relatedClocks,
  replicaIds,
  replicaRecords,
  runSchedule,
  shrinkSchedule,
  values,
  vectorClocks,
} from '../../src/testkit/index.ts';

/** The smallest example that `isFound` says yes to, which every example on the way must pass `isValid` for. */
function smallest<T>(arbitrary: fc.Arbitrary<T>, isFound: (example: T) => boolean, isValid: (example: T) => void): T {
  const holds = (example: T): boolean => {
    isValid(example);
    return !isFound(example);
  };
  const { failed, counterexample, errorInstance } = fc.check(fc.property(arbitrary, holds), {
    seed: 20_261_122,
    numRuns: 2_000,
  });
  expect(String(errorInstance)).toBe('Error: Property failed by returning false');
  expect(failed).toBe(true);
  return (counterexample as [T])[0]; // it failed
}

describe('arbitraries shrink to something small and valid', () => {
  test('replicaIds shrink to an ordinary one, unless the hostile ones are meant', () => {
    const isValid = (id: string): void => void DotSet.of([{ id, counter: 1 }]);
    expect(smallest(replicaIds(), () => true, isValid)).toBe('a');
    expect(smallest(replicaIds(), (id) => id.includes('\u0000'), isValid).length).toBeLessThanOrEqual(3);
  });

  test('keys shrink to an ordinary one, unless the long ones are meant', () => {
    expect(smallest(keys(), () => true, checkKey)).toBe('k');
    expect(new Set(smallest(keys(), (key) => key.length > 300, checkKey)).size).toBe(1);
  });

  test('dots and vectorClocks shrink to the first dots', () => {
    const isValid = (dot: { readonly id: string; readonly counter: number }): void => void DotSet.of([dot]);
    expect(smallest(dots(), ({ counter }) => counter > 2, isValid)).toEqual({ id: 'a', counter: 3 });
    const roundTrip = (clock: VectorClock): void => void VectorClock.decode(clock.encode());
    const clock = smallest(vectorClocks(), ({ size }) => size > 1, roundTrip);
    expect([...clock].map(([, counter]) => counter)).toEqual([1, 1]);
  });

  test('relatedClocks shrink to two entries', () => {
    const { a, b } = smallest(
      relatedClocks(),
      ({ relation }) => relation === 'concurrent',
      (pair) => expect(pair.a.compare(pair.b)).toBe(pair.relation),
    );
    expect([a.size, b.size]).toEqual([2, 2]);
  });

  test('dotSets and contexts shrink to a few dots', () => {
    const roundTrip = (set: DotSet): void => void DotSet.decode(set.encode());
    expect([...smallest(dotSets(), (set) => set.has('a', 3) && !set.has('a', 2), roundTrip)].length).toBeLessThan(4);
    expect([...smallest(contexts(), (set) => set.has('b', 2), roundTrip)].length).toBeLessThan(5);
  });

  test('values shrink to a leaf in as little as it takes', () => {
    const roundTrip = (value: unknown): void =>
      void decodeValue(encodeValue(freezeValue(value as Parameters<typeof freezeValue>[0])));
    const holdsDate = (value: unknown): boolean =>
      value instanceof Date || (typeof value === 'object' && value !== null && Object.values(value).some(holdsDate));
    expect(fc.stringify(smallest(values(), holdsDate, roundTrip)).length).toBeLessThan(60);
    const inArray = smallest(values(), (value) => Array.isArray(value) && value.some(holdsDate), roundTrip);
    expect(fc.stringify(inArray).length).toBeLessThan(60);
  });

  test('replicaRecords shrink to one version beside a tombstone', () => {
    const record = smallest(
      replicaRecords(),
      ({ versions }) => versions.some(({ value }) => value === undefined) && versions.length > 1,
      (made) => {
        expect(faultOfRecord(made)).toBe(undefined);
        decodeReplicaRecord(encodeReplicaRecord(made));
      },
    );
    expect(record.versions).toHaveLength(2);
    expect(record.versions.map(({ time }) => time)).toEqual([0, 0]);
    expect(record.key).toBe('k');
  });

  test('operations and histories shrink to the writes that matter, each based on earlier ones', () => {
    const isValid = (list: readonly { readonly name: string; readonly context: ReadonlySet<string> }[]): void => {
      const before = new Set<string>();
      for (const { name, context } of list) {
        for (const seen of context) expect(before.has(seen)).toBe(true);
        before.add(name);
      }
    };
    const history = smallest(histories(), (list) => list.some(({ context }) => context.size === 2), isValid);
    expect(history).toHaveLength(3);
    const last = smallest(
      operations(),
      ({ tombstone }) => tombstone,
      ({ name }) => expect(name).not.toBe(''),
    );
    expect(last.context.size).toBe(0);
  });

  test('clusters shrink to two replicas that have not met', () => {
    const cluster = smallest(
      clusters(),
      ({ replicas }) => [...replicas.values()].filter((known) => known.has('cart')).length === 2,
      ({ operations: all, replicas }) => {
        const names = new Set(all.map(({ name }) => name));
        for (const known of replicas.values())
          for (const ofKey of known.values()) for (const name of ofKey) expect(names.has(name)).toBe(true);
      },
    );
    expect(cluster.operations.length).toBeLessThanOrEqual(2);
  });

  test('programs shrink to the steps that matter', () => {
    const program = smallest(
      programs(),
      ({ steps }) => steps.some((step) => step.do === 'sync' && step.b === 2),
      ({ replicas, steps }) => {
        for (const step of steps) expect('at' in step ? step.at : Math.max(step.a, step.b)).toBeLessThan(replicas);
      },
    );
    expect(program.steps.length).toBeLessThanOrEqual(2);
  });

  test('linkFrameBytes shrink to a short frame, and only harmed ones may be refused', () => {
    const read = (bytes: Uint8Array): unknown => {
      const reader = new LinkReader();
      reader.isGreeted = true;
      try {
        return reader.read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(CausalError);
        return error;
      }
    };
    const isRefused = (bytes: Uint8Array): boolean => read(bytes) instanceof CausalError;
    const found = smallest(
      linkFrameBytes(),
      ({ harm, bytes }) => harm === 'flipped' && isRefused(bytes),
      ({ harm, bytes }) => expect(harm === 'none' && isRefused(bytes)).toBe(false),
    );
    expect(found.bytes.length).toBeLessThanOrEqual(3);
    expect(
      smallest(
        linkFrameBytes(),
        ({ harm }) => harm === 'cut',
        () => {},
      ).bytes,
    ).toHaveLength(0);
  });

  test('faultPlans shrink to the steps that matter, and still run', async () => {
    const plan = smallest(
      faultPlans(),
      ({ steps }) => steps.some(({ do: kind }) => kind === 'crash') && steps.some(({ do: kind }) => kind === 'put'),
      ({ steps, durationMs }) => {
        for (const [at, step] of steps.entries()) expect(step.at).toBeGreaterThanOrEqual(steps[at - 1]?.at ?? 0);
        expect(durationMs).toBe(6_000);
      },
    );
    expect(plan.steps.map(({ do: kind }) => kind).sort()).toEqual(['crash', 'put']);
    expect((await runPlan(plan)).violation).toBe(undefined);
  });

  test('generateSchedule and shrinkSchedule leave the steps that matter', async () => {
    const has = (kind: string) => (schedule: ReturnType<typeof generateSchedule>) =>
      schedule.steps.some(({ do: each }) => each === kind);
    const seed = Array.from({ length: 50 }, (_, at) => at).find((at) => has('reap')(generateSchedule(at))) ?? 0;
    const shrunk = await shrinkSchedule(generateSchedule(seed), async (candidate) => has('reap')(candidate));
    expect(shrunk.steps).toHaveLength(1);
    expect(await runSchedule(shrunk)).toBe(undefined);
  });
});
