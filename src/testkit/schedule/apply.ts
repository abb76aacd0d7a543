/**
 * Does one step to production and, when production took it, to the model; what must be refused is checked to have
 * changed nothing (L21). Returns the replicas whose state the step may have changed.
 */

import { CausalError } from '../../errors.ts';
import { exchangeModels, type ModelContext } from '../../model/oracle.ts';
import { exchange } from '../../repair/exchange-local.ts';
import { decodeReplicaRecord, type ReplicaRecord } from '../../store/replica-record.ts';
import { broken, checkReaped, checkRecordBytes, digestOf, issuedBy } from './checks.ts';
import { interruptedExchange } from './interrupt.ts';
import type { Step, WriteStep } from './steps.ts';
import { World } from './world.ts';

type Known = ReadonlyMap<string, ReadonlySet<string>>;

const NOTHING: ReadonlySet<string> = new Set();

/** Applies `step`. Throws: ScheduleFailure; any other error is a defect too. */
export async function applyStep(world: World, step: Step): Promise<readonly number[]> {
  switch (step.do) {
    case 'write':
      return applyWrites(world, step.at, [step], false);
    case 'batch':
      return applyWrites(world, step.at, step.writes, true);
    case 'take': {
      const key = world.key(step.key);
      world.tokens.set(step.as, { key, text: world.store(step.at).peek(key).context, known: knownNow(world, step.at) });
      return [];
    }
    case 'misuse':
      return applyMisuse(world, step.at, world.key(step.key), step.token);
    case 'capture': {
      const key = world.key(step.key);
      const bytes = checkRecordBytes(await world.store(step.at).record(key));
      world.records.set(step.as, { key, bytes, known: world.model(step.at).record(key) });
      return [];
    }
    case 'deliver':
      return step.forged ? applyForged(world, step.record, step.to) : applyDelivery(world, step.record, step.to);
    case 'exchange': {
      const [a, b] = [step.a, step.b];
      const issued = issuedBy(world, [a, b]);
      await exchange(world.store(a), world.store(b), { oneWay: step.oneWay });
      if (issuedBy(world, [a, b]) !== issued) broken('L14', 'an exchange issued a dot');
      if (step.oneWay) world.model(b).learnFrom(world.model(a));
      else exchangeModels(world.model(a), world.model(b));
      return [a, b];
    }
    case 'interrupt':
      return interruptedExchange(world, step, (inner) => applyStep(world, inner));
    case 'reap':
      return applyReap(world, step.at, step.force);
    case 'retire':
      await world.store(step.at).retire(World.nameOf(step.member));
      return [step.at];
    case 'join':
      await world.store(step.at).join(World.nameOf(step.member));
      return [step.at];
  }
}

async function applyWrites(
  world: World,
  at: number,
  writes: readonly WriteStep[],
  isBatch: boolean,
): Promise<readonly number[]> {
  const store = world.store(at);
  const planned: {
    key: string;
    value: string;
    tombstone: boolean;
    context: 'local' | 'none' | string;
    model: ModelContext;
    base: Known;
    as: number | undefined;
  }[] = [];
  for (const { key: index, tombstone, context, as } of writes) {
    const key = world.key(index);
    const value = world.nextValue();
    if (typeof context === 'string')
      planned.push({ key, value, tombstone, context, model: context, base: new Map(), as });
    else {
      const token = world.tokens.get(context.token);
      if (token === undefined || token.key !== key) return [];
      planned.push({
        key,
        value,
        tombstone,
        context: token.text,
        model: token.known.get(key) ?? NOTHING,
        base: token.known,
        as,
      });
    }
  }
  const blind =
    world.schedule.onConflict === 'refuse' &&
    planned.some(({ key, context }) => context === 'local' && store.peek(key).status === 'conflict');
  const before = blind ? digestOf(world, at) : '';
  let written: readonly { readonly dot: { readonly id: string; readonly counter: number }; readonly context: string }[];
  try {
    const [only] = planned;
    if (isBatch) {
      written = await store.batch(
        planned.map(({ key, value, tombstone, context }) =>
          tombstone ? { delete: key, context } : { put: key, value, context },
        ),
      );
    } else if (only === undefined) return [];
    else
      written = [
        only.tombstone
          ? await store.delete(only.key, { context: only.context })
          : await store.put(only.key, only.value, { context: only.context }),
      ];
  } catch (error) {
    if (!blind || !(error instanceof CausalError) || error.code !== 'CONFLICT') throw error;
    if (digestOf(world, at) !== before) broken('L21', 'a refused write changed the replica');
    return [at];
  }
  if (blind) broken('L7', 'a write without a context was taken although it met a conflict');
  planned.forEach(({ key, value, tombstone, model }, index) => {
    const dot = written[index]?.dot ?? broken('L17', 'a write was done and gave no dot');
    world.wrote(at, key, value, tombstone, model, dot);
  });
  planned.forEach(({ key, value, model, base, as }, index) => {
    if (as === undefined) return;
    const known = new Map(model === 'local' ? knownNow(world, at) : base);
    if (model !== 'local') known.set(key, new Set([...(model === 'none' ? NOTHING : model), value]));
    world.tokens.set(as, { key, text: written[index]?.context ?? '', known });
  });
  return [at];
}

/** Writes with a token of another key. With key-bound tokens switched off it is a write by one who read both keys. */
async function applyMisuse(world: World, at: number, key: string, label: number): Promise<readonly number[]> {
  const token = world.tokens.get(label);
  if (token === undefined || token.key === key) return [];
  const before = digestOf(world, at);
  const value = world.nextValue();
  try {
    const { dot } = await world.store(at).put(key, value, { context: token.text });
    if (world.rules['tokens-are-key-bound']) broken('L21', 'a token of another key was accepted');
    world.wrote(at, key, value, false, token.known.get(key) ?? NOTHING, dot);
  } catch (error) {
    if (!(error instanceof CausalError) || error.code !== 'CONTEXT_INVALID') throw error;
    if (digestOf(world, at) !== before) broken('L21', 'a refused token changed the replica');
  }
  return [at];
}

async function applyDelivery(world: World, label: number, to: number): Promise<readonly number[]> {
  const taken = world.records.get(label);
  if (taken === undefined) return [];
  const { key, bytes, known } = taken;
  const store = world.store(to);
  const before = dotsShown(world, to, key);
  const issued = issuedBy(world, [to]);
  const result = await store.receiveReplica(key, decodeReplicaRecord(bytes));
  const after = dotsShown(world, to, key);
  if (issuedBy(world, [to]) !== issued) broken('L14', 'receiving a record issued a dot');
  if (result.collisions.length > 0 && !world.collided.has(key))
    broken('L8', 'a dot collision was reported where there was none');
  const told = {
    added: result.added.map(tell).sort().join(),
    superseded: result.superseded.map(tell).sort().join(),
    changed: result.changed,
  };
  const added = [...after]
    .filter((dot) => !before.has(dot))
    .sort()
    .join();
  const superseded = [...before]
    .filter((dot) => !after.has(dot))
    .sort()
    .join();
  if (told.added !== added || told.superseded !== superseded || told.changed !== (added + superseded !== '')) {
    broken('L4', `receiveReplica told ${JSON.stringify(told)}, and added [${added}], superseded [${superseded}]`);
  }
  world.model(to).receive(key, known);
  return [to];
}

/** Hands over a kept record in which a version that `to` holds has another value: two writers used one id. */
async function applyForged(world: World, label: number, to: number): Promise<readonly number[]> {
  const taken = world.records.get(label);
  if (taken === undefined) return [];
  const { key, bytes, known } = taken;
  const record = decodeReplicaRecord(bytes);
  const held = dotsShown(world, to, key);
  const victim = record.versions.find(
    (version) =>
      version.value !== undefined && held.has(tell(version)) && world.byDot(version)?.operation.value === version.value,
  );
  const origin = victim === undefined ? undefined : world.byDot(victim)?.operation;
  if (victim === undefined || origin === undefined) return [];
  const forged = `${origin.name} forged`;
  const copy: ReplicaRecord = {
    ...record,
    versions: record.versions.map((version) => (version === victim ? { ...version, value: forged } : version)),
  };
  world.collided.add(key);
  await world.store(to).receiveReplica(key, copy);
  world.model(to).receive(key, known);
  const { siblings } = world.store(to).peek(key);
  for (const value of [String(origin.value), forged]) {
    const sibling = siblings.find((shown) => !shown.tombstone && shown.value === value);
    if (sibling === undefined) return broken('L7', `a dot collision at ${tell(victim)} lost the value ${value}`);
    if (tell(sibling.dot) === tell(victim))
      return broken(
        'L1',
        `${tell(victim)} still names ${value} after a collision, although it names another write too`,
      );
    world.separated(to, key, origin, value, sibling.dot);
  }
  return [to];
}

async function applyReap(world: World, at: number, force: boolean): Promise<readonly number[]> {
  const report = await world.store(at).reap({ force });
  for (const dot of report.dots) {
    const authorship = world.byDot(dot);
    if (authorship === undefined) continue;
    const { operation } = authorship;
    if (!operation.tombstone) broken('L11', `${tell(dot)} was reaped and is no delete`);
    world.reaped.add(operation.name);
    if (!force && !world.collided.has(operation.key)) checkReaped(world, at, operation.name);
  }
  return [at];
}

function knownNow(world: World, at: number): Known {
  return new Map(world.keys.map((key) => [key, world.model(at).knows(key)]));
}

function dotsShown(world: World, at: number, key: string): Set<string> {
  return new Set(
    world
      .store(at)
      .peek(key)
      .siblings.map(({ dot }) => tell(dot)),
  );
}

function tell({ id, counter }: { readonly id: string; readonly counter: number }): string {
  return `${id}:${counter}`;
}
