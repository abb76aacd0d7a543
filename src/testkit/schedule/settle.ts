/**
 * The end of every run: everybody meets everybody until nothing is left to send, then tombstones are reaped. Checks that
 * this takes a bounded number of rounds and leaves nothing behind (L11, L12, L14).
 */

import { equalBytes } from '../../codec/byte-arrays.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { broken, checkRecordBytes, checkShown, digestOf } from './checks.ts';
import { exchangeBoth } from './exchanges.ts';
import { connectAll, pump } from './pushes.ts';
import { World } from './world.ts';

/** Rounds in which everybody meets everybody after which no exchange may have anything to send. */
const ROUNDS_MAX = 2;
/** A replica that finds out in an exchange what it has lost teaches the others only with the next. */
const ROUNDS_AFTER_LOSS = 1;
const REAPS_MAX = 2;

/** Lets all replicas meet, and checks what must then hold. Throws: ScheduleFailure. */
export async function settle(world: World): Promise<void> {
  const rounds = ROUNDS_MAX + (world.everLost.size > 0 ? ROUNDS_AFTER_LOSS : 0);
  for (let round = 1; round <= rounds; round++) await meetAll(world, false);
  // While something is lost others do not believe what the replica has seen; they do so afterwards.
  if (world.isDurable && (await acceptLosses(world)))
    for (let round = 1; round <= ROUNDS_MAX; round++) await meetAll(world, false);
  await meetAll(world, true);
  world.endExcuses();
  // Before anything is written over it.
  for (let at = 0; at < world.stores.length; at++) await checkShown(world, at);
  await settleByPushes(world);
  for (let at = 0; at < world.stores.length; at++) {
    await checkShown(world, at);
  }
  for (let reap = 1; reap <= REAPS_MAX; reap++) {
    for (const store of world.stores) {
      for (const dot of (await store.reap()).dots) {
        const authorship = world.byDot(dot);
        if (authorship !== undefined) world.reaped.add(authorship.operation.name);
      }
    }
    await meetAll(world, true);
  }
  for (let at = 0; at < world.stores.length; at++) {
    await checkShown(world, at);
    await checkNothingLeft(world, at);
  }
  await checkSameBytes(world);
  if (!world.isDurable) return;
  for (let at = 0; at < world.stores.length; at++) await checkStored(world, at);
  await checkSameBytes(world);
}

/**
 * One write of everybody reaches everybody by pushes alone, once all have met; and what everybody deleted can be reaped
 * by what the pushes told. Law: L11, L12.
 */
async function settleByPushes(world: World): Promise<void> {
  const all = await connectAll(world);
  for (let at = 0; at < world.stores.length; at++) {
    const tombstone = at % 2 === 1;
    const { key, name } = { key: at % world.keys.length, name: world.nextValue() };
    const text = world.key(key);
    const { context } = await world.store(at).get(text);
    const known = world.model(at).knows(text);
    const { dot } = tombstone
      ? await world.store(at).delete(text, { context })
      : await world.store(at).put(text, name, { context });
    world.wrote(at, { name, key: text, held: tombstone ? undefined : name, context: known, dot });
  }
  const exchanges = await pump(world, all);
  // Where dots are gone for good, the fence cannot be covered, and chains end.
  if (exchanges > 0 && world.lostDots().isEmpty) broken('L12', `pushes alone do not make them agree`);
  for (let at = 0; at < world.stores.length; at++) {
    await checkShown(world, at);
    if (!world.store(at).seen.equals(world.store(0).seen))
      broken('L12', `${World.nameOf(at)} and ${World.nameOf(0)} have not seen the same after all pushed`);
  }
}

async function meetAll(world: World, mustBeSilent: boolean): Promise<void> {
  for (let a = 0; a < world.stores.length; a++) {
    for (let b = a + 1; b < world.stores.length; b++) {
      const { mode, records } = await exchangeBoth(world, a, b, false);
      if (mustBeSilent && (mode !== 'equal' || records !== 0)) {
        broken(
          'L14',
          `${World.nameOf(a)} and ${World.nameOf(b)} agree, and still exchange ${records} records (${mode})`,
        );
      }
    }
  }
}

/** Gives up what nobody has any more; what somebody has, everybody has been given by now. Law: L20. */
async function acceptLosses(world: World): Promise<boolean> {
  let hasAccepted = false;
  for (let at = 0; at < world.stores.length; at++) {
    await world.store(at).load();
    await checkShown(world, at);
    for (const [key, names] of world.lost(at)) {
      const hasAll = (other: number): boolean =>
        !world.lost(other).has(key) && [...names].every((name) => world.model(other).knows(key).has(name));
      const isHeld = world.stores.some((_, other) => hasAll(other));
      if (isHeld) broken('L20', `${World.nameOf(at)} still refuses ${JSON.stringify(key)}, which others have`);
    }
    const accepted = await world.store(at).acceptLoss();
    for (const key of accepted)
      if (!world.lost(at).has(key)) broken('L20', `${JSON.stringify(key)} was given up, and was not lost`);
    for (const key of accepted) world.accepted.add(key);
    if (accepted.length > 0) world.coverage.note('loss accepted');
    hasAccepted ||= accepted.length > 0;
    world.lost(at).clear();
  }
  return hasAccepted;
}

/** L19, L20: what is on the disk is sound, and is all there is. */
async function checkStored(world: World, at: number): Promise<void> {
  const { faults } = await world.store(at).verify();
  if (faults.length > 0) broken('L20', `${World.nameOf(at)} has faults at the end: ${JSON.stringify(faults)}`);
  const before = await digestOf(world, at);
  await world.store(at).close();
  await world.reopen(at);
  const after = await digestOf(world, at);
  if (after !== before) broken('L19', `${World.nameOf(at)} was ${before}, and is ${after} when it is opened again`);
  await checkShown(world, at);
}

async function checkSameBytes(world: World): Promise<void> {
  const first = world.store(0);
  for (let at = 1; at < world.stores.length; at++) {
    const store = world.store(at);
    if (!store.seen.equals(first.seen))
      broken('L12', `${World.nameOf(at)} and ${World.nameOf(0)} have not seen the same after all met`);
    if (store.members().sort().join() !== first.members().sort().join())
      broken('L12', `${World.nameOf(at)} and ${World.nameOf(0)} name other members after all met`);
    for (const key of world.keys) {
      const bytes = checkRecordBytes(await settledRecord(world, at, key));
      const expected = checkRecordBytes(await settledRecord(world, 0, key));
      if (!equalBytes(bytes, expected))
        broken(
          'L12',
          `${World.nameOf(at)} and ${World.nameOf(0)} hold other bytes of ${JSON.stringify(key)} after all met`,
        );
    }
  }
}

/**
 * The record of a key without what it says of dots that are lost: that stays with whoever learned it, and so do the
 * tombstones of a key that holds nothing else, which nobody may reap beside a residual.
 */
async function settledRecord(world: World, at: number, key: string): Promise<ReplicaRecord> {
  const store = world.store(at);
  const record = await store.record(key);
  const lost = world.lostDots();
  const isLeftover = !record.context.minus(store.seen).intersect(lost).isEmpty && isGrave(record);
  return { key, versions: isLeftover ? [] : record.versions, context: record.context.minus(lost) };
}

function isGrave({ versions }: ReplicaRecord): boolean {
  return versions.length > 0 && versions.every(({ value }) => value === undefined);
}

/** No tombstones and no residuals, but for keys whose residual names dots that are lost, which nothing can settle. */
async function checkNothingLeft(world: World, at: number): Promise<void> {
  const store = world.store(at);
  const lost = world.lostDots();
  const { tombstones, residuals } = store.stats();
  const leftover = `${World.nameOf(at)} still has ${tombstones} tombstones and ${residuals} residuals after everybody met and reaped`;
  if (lost.isEmpty) {
    if (tombstones !== 0) broken('L11', leftover);
    if (residuals !== 0) broken('L12', leftover);
    return;
  }
  for (const key of world.keys) {
    const record = await store.record(key);
    const residual = record.context.minus(store.seen);
    if (!lost.covers(residual)) broken('L12', leftover);
    if (residual.isEmpty && isGrave(record)) broken('L11', leftover);
  }
}
