/**
 * Does one step to production and, when production took it, to the model; what must be refused is checked to have
 * changed nothing (L21). Returns the replicas whose state the step may have changed.
 */

import { CausalError } from '../../errors.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { decodeReplicaRecord } from '../../store/replica-record-encoding.ts';
import { broken, checkIssuedNothing, checkReaped, checkRecordBytes, isDamage, issuedBy, look } from './checks.ts';
import { applyDurable } from './durable.ts';
import { exchangeBoth } from './exchanges.ts';
import { interleavedExchanges, interruptedExchange } from './links.ts';
import { applyPush } from './pushes.ts';
import { applySession } from './sessions.ts';
import { keysOf, replicasOf, type Step } from './steps.ts';
import { type Held, textOf, World } from './world.ts';
import { applyMisuse, applyResolve, applyUpdate, applyWrites, knownNow } from './writes.ts';

/** Applies `step`. Throws: ScheduleFailure; any other error is a defect too. */
export async function applyStep(world: World, step: Step): Promise<readonly number[]> {
  if (!world.isDurable) return apply(world, step);
  try {
    return await apply(world, step);
  } catch (error) {
    // A key that was healed by others may turn out to be in conflict only now, since nobody looked before.
    const isConflict = error instanceof CausalError && error.code === 'CONFLICT';
    const isLost = keysOf(step).some((key) => hasLost(world, step, world.key(key)));
    if (!isLost || !(isDamage(error) || isConflict)) throw error;
    return replicasOf(step);
  }
}

function hasLost(world: World, step: Step, key: string): boolean {
  return replicasOf(step).some((at) => world.lost(at).has(key));
}

async function apply(world: World, step: Step): Promise<readonly number[]> {
  switch (step.do) {
    case 'write':
      return applyWrites(world, step.at, [step], false);
    case 'batch':
      return applyWrites(world, step.at, step.writes, true);
    case 'update':
      return applyUpdate(world, step);
    case 'resolve':
      return applyResolve(world, step);
    case 'session':
      return applySession(world, step);
    case 'take': {
      const key = world.key(step.key);
      world.coverage.note('take');
      const shown = await look(world, step.at, key);
      if (shown !== undefined) world.tokens.set(step.as, { key, text: shown.context, known: knownNow(world, step.at) });
      return [];
    }
    case 'misuse':
      return applyMisuse(world, step);
    case 'capture': {
      const key = world.key(step.key);
      const bytes = checkRecordBytes(await world.store(step.at).record(key));
      world.coverage.note('capture');
      world.records.set(step.as, { key, bytes, known: world.model(step.at).record(key) });
      return [];
    }
    case 'deliver':
      return step.forged ? applyForged(world, step.record, step.to) : applyDelivery(world, step.record, step.to);
    case 'push':
      return applyPush(world, step);
    case 'exchange':
      return applyExchange(world, step);
    case 'interrupt':
      return interruptedExchange(world, step, (inner) => applyStep(world, inner));
    case 'interleave':
      return interleavedExchanges(world, step);
    case 'wipe':
      return applyWipe(world, step.at);
    case 'reap':
      return applyReap(world, step.at, step.force);
    case 'retire':
      world.coverage.note('retire');
      await world.store(step.at).retire(World.nameOf(step.member));
      return [step.at];
    case 'join':
      world.coverage.note('join');
      await world.store(step.at).join(World.nameOf(step.member));
      return [step.at];
    default:
      return world.isDurable ? applyDurable(world, step) : [];
  }
}

async function applyExchange(
  world: World,
  { a, b, oneWay }: Extract<Step, { readonly do: 'exchange' }>,
): Promise<readonly number[]> {
  const { mode } = await exchangeBoth(world, a, b, oneWay);
  world.coverage.note(oneWay ? 'exchange one way' : 'exchange');
  world.coverage.note(`mode ${mode}`);
  return [a, b];
}

async function applyWipe(world: World, at: number): Promise<readonly number[]> {
  const old = await world.wipe(at);
  world.coverage.note('wipe');
  try {
    await old.put(world.key(0), world.nextValue());
  } catch (error) {
    if (error instanceof CausalError && error.code === 'STORE_CLOSED') return [at];
    throw error;
  }
  return broken('L21', 'a closed store took a write');
}

async function applyDelivery(world: World, label: number, to: number): Promise<readonly number[]> {
  const taken = world.records.get(label);
  if (taken === undefined) return [];
  const { key, bytes, known } = taken;
  const store = world.store(to);
  const isLost = world.lost(to).has(key); // looking would find the loss before the record does
  const before = isLost ? undefined : await dotsShown(world, to, key);
  const issued = issuedBy(world, [to]);
  const result = await store.receiveReplica(key, decodeReplicaRecord(bytes));
  world.coverage.note(result.stale.length > 0 ? 'deliver stale' : 'deliver');
  checkIssuedNothing(world, issued, 'receiving a record');
  if (result.collisions.length > 0 && !world.collided.has(key))
    broken('L8', 'a dot collision was reported where there was none');
  world.model(to).receive(key, known);
  if (before === undefined) return [to];
  const after = await dotsShown(world, to, key);
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
  return [to];
}

/** Hands over a kept record in which a version that `to` holds has another value: two writers used one id. */
async function applyForged(world: World, label: number, to: number): Promise<readonly number[]> {
  const taken = world.records.get(label);
  if (taken === undefined) return [];
  const { key, bytes, known } = taken;
  const record = decodeReplicaRecord(bytes);
  const held = await dotsShown(world, to, key);
  const victim = record.versions.find(
    (version) =>
      version.value !== undefined &&
      held.has(tell(version)) &&
      world.byDot(version)?.operation.value === textOf(version.value as Held), // the kit writes nothing else
  );
  const origin = victim === undefined ? undefined : world.byDot(victim)?.operation;
  if (victim === undefined || origin === undefined) return [];
  const forged = `${origin.name} forged`;
  const copy: ReplicaRecord = {
    ...record,
    versions: record.versions.map((version) => (version === victim ? { ...version, value: forged } : version)),
  };
  world.collided.add(key);
  world.coverage.note('deliver forged');
  await world.store(to).receiveReplica(key, copy);
  world.model(to).receive(key, known);
  const siblings = (await look(world, to, key))?.siblings ?? [];
  for (const value of [String(origin.value), forged]) {
    const copies = siblings.filter((shown) => !shown.tombstone && textOf(shown.value) === value);
    if (copies.some(({ dot }) => tell(dot) === tell(victim)))
      return broken(
        'L1',
        `${tell(victim)} still names ${value} after a collision, although it names another write too`,
      );
    const sibling = copies.find(({ dot }) => world.byDot(dot)?.author === undefined);
    if (sibling === undefined) return broken('L7', `a dot collision at ${tell(victim)} lost the value ${value}`);
    world.separated(to, key, origin, value, sibling.dot);
  }
  return [to];
}

async function applyReap(world: World, at: number, force: boolean): Promise<readonly number[]> {
  const report = await world.store(at).reap({ force });
  if (report.reaped > 0) world.coverage.note(force ? 'reap by force' : 'reap');
  const heard = world.heard.get(world.store(at));
  if (!force && heard !== undefined && report.dots.some(({ id, counter }) => heard.has(id, counter)))
    world.coverage.note('push let reap');
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

async function dotsShown(world: World, at: number, key: string): Promise<Set<string>> {
  return new Set((await look(world, at, key))?.siblings.map(({ dot }) => tell(dot)));
}

function tell({ id, counter }: { readonly id: string; readonly counter: number }): string {
  return `${id}:${counter}`;
}
