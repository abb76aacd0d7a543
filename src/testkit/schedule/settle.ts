/**
 * The end of every run: everybody meets everybody until nothing is left to send, then tombstones are reaped. Checks that
 * this takes a bounded number of rounds and leaves nothing behind (L11, L12, L14).
 */

import { exchangeModels } from '../../model/oracle.ts';
import { exchange } from '../../repair/exchange-local.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { broken, checkRecordBytes, checkShown, issuedBy, sameBytes } from './checks.ts';
import { World } from './world.ts';

/** Rounds in which everybody meets everybody after which no exchange may have anything to send. */
const ROUNDS_MAX = 2;
const REAPS_MAX = 2;

/** Lets all replicas meet, and checks what must then hold. Throws: ScheduleFailure. */
export async function settle(world: World): Promise<void> {
  for (let round = 1; round <= ROUNDS_MAX; round++) await meetAll(world, false);
  await meetAll(world, true);
  for (let at = 0; at < world.stores.length; at++) {
    checkShown(world, at);
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
    checkShown(world, at);
    await checkNothingLeft(world, at);
  }
  await checkSameBytes(world);
}

async function meetAll(world: World, mustBeSilent: boolean): Promise<void> {
  for (let a = 0; a < world.stores.length; a++) {
    for (let b = a + 1; b < world.stores.length; b++) {
      const issued = issuedBy(world, [a, b]);
      const { mode, records } = await exchange(world.store(a), world.store(b));
      if (issuedBy(world, [a, b]) !== issued) broken('L14', 'an exchange issued a dot');
      if (mustBeSilent && (mode !== 'equal' || records !== 0)) {
        broken(
          'L14',
          `${World.nameOf(a)} and ${World.nameOf(b)} agree, and still exchange ${records} records (${mode})`,
        );
      }
      exchangeModels(world.model(a), world.model(b));
    }
  }
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
      if (!sameBytes(bytes, expected))
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
