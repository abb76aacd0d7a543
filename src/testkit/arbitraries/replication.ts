/**
 * What replicas hand one another and what they know: records, contexts, operations, histories and clusters. Histories and
 * clusters are made by playing a drawn program on the model, so they are possible ones, and shrink by losing steps.
 */

import fc from 'fast-check';
import { DotSet } from '../../clock/dot-set.ts';
import { freezeValue } from '../../codec/value.ts';
import { type Operation, Operations } from '../../model/operations.ts';
import { exchangeModels, ModelReplica } from '../../model/oracle.ts';
import type { Version } from '../../store/record.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { type Program, programs, replicaName } from '../store-laws/program.ts';
import type { ProgramShape } from '../store-laws/store-under-test.ts';
import { dotSets, dots } from './causality.ts';
import { CROSSWISE, keys } from './ids.ts';
import { values } from './values.ts';

/** Contexts: any dot set, and mostly what a few replicas have seen without gaps. */
export function contexts(): fc.Arbitrary<DotSet> {
  const contiguous = fc
    .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 4 })), { selector: ([id]) => id })
    .map((list) => list.reduce((set, [id, last]) => set.addRange(id, 1, last), DotSet.empty));
  return fc.oneof(CROSSWISE, { weight: 2, arbitrary: contiguous }, { weight: 1, arbitrary: dotSets() });
}

/** Records as replicas hand them out: up to four versions in dot order, all in the context; values and tombstones. */
export function replicaRecords(): fc.Arbitrary<ReplicaRecord> {
  const version = fc.tuple(dots(), fc.nat(), fc.option(values(1), { nil: undefined }));
  const versions = fc
    .uniqueArray(version, { maxLength: 4, selector: ([{ id, counter }]) => `${counter} ${id}` })
    .map((list) => inDotOrder(list.map(([dot, time, value]) => ({ ...dot, time, value: frozen(value) }))));
  return fc
    .record({ key: keys(), versions, context: contexts() })
    .map((made) => ({ ...made, context: made.context.union(DotSet.of(made.versions)) }));
}

/** Histories: every operation of a run, in the order they were made; a context names earlier ones of its key. */
export function histories(shape: ProgramShape = {}): fc.Arbitrary<readonly Operation[]> {
  return clusters(shape).map(({ operations }) => operations);
}

/** Single operations: the last ones of histories. */
export function operations(): fc.Arbitrary<Operation> {
  return fc
    .tuple(histories(), keys(), fc.boolean())
    .map(
      ([list, key, tombstone]) =>
        list.at(-1) ?? { name: 'v1', key, tombstone, value: tombstone ? undefined : 'v1', context: new Set() },
    );
}

/** Replicas with what each knows, and all operations that there are. */
export type KnowledgeCluster = {
  readonly operations: readonly Operation[];
  /** By name; what a replica knows of a key are the names of operations. */
  readonly replicas: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
};

/** Clusters in the middle of anything: some have met, some have not. */
export function clusters(shape: ProgramShape = {}): fc.Arbitrary<KnowledgeCluster> {
  return programs(shape).map(playOnModel);
}

function playOnModel({ replicas, steps }: Program): KnowledgeCluster {
  const table = new Operations();
  const models = Array.from({ length: replicas }, () => new ModelReplica(table));
  const made: Operation[] = [];
  const kept = new Map<string, ReadonlySet<string>>();
  for (const step of steps) {
    const model = models['at' in step ? step.at : step.a];
    if (model === undefined) continue;
    if (step.do === 'keep') kept.set(step.key, model.knows(step.key));
    else if (step.do === 'put' || step.do === 'delete') {
      const { key, basis } = step;
      const tombstone = step.do === 'delete';
      const name = `${tombstone ? 'd' : 'v'}${made.length + 1}`;
      const context = basis === 'none' ? 'none' : basis === 'kept' ? (kept.get(key) ?? 'local') : 'local';
      made.push(model.write({ name, key, tombstone, value: tombstone ? undefined : name, context }));
    } else if (step.do === 'sync') {
      const other = models[step.b];
      if (other !== undefined) exchangeModels(model, other);
    }
  }
  const known = models.map(
    (model, at) => [replicaName(at), new Map(model.keys().map((key) => [key, model.knows(key)]))] as const,
  );
  return { operations: made, replicas: new Map(known) };
}

function inDotOrder(versions: readonly Version[]): readonly Version[] {
  return [...DotSet.of(versions)].flatMap((dot) =>
    versions.filter(({ id, counter }) => id === dot.id && counter === dot.counter),
  );
}

function frozen(value: Version['value']): Version['value'] {
  return value === undefined ? undefined : freezeValue(value);
}
