/**
 * What happens to replicas on disks: they close and open, crash, lose a record, are checked and put back to what they
 * were. The oracle forgets what a restored disk has forgotten, and nothing else. Law: L1, L2, L19, L20.
 */

import type { Dot } from '../../clock/dot.ts';
import { CausalError } from '../../errors.ts';
import { restoreBackup } from '../../store/durable/backup.ts';
import { broken, isDamage } from './checks.ts';
import type { Image } from './disk.ts';
import type { DurableStep } from './steps.ts';
import { type Saved, World } from './world.ts';

/** Applies a step of replicas on disks. A replica that was opened is not looked at: the next step meets it as it is. */
export async function applyDurable(world: World, step: DurableStep): Promise<readonly number[]> {
  switch (step.do) {
    case 'reopen':
      return applyReopen(world, step.at);
    case 'crash':
      return applyCrash(world, step);
    case 'snapshot':
      return applySnapshot(world, step);
    case 'restore':
      return applyRestore(world, step);
    case 'lose':
      return applyLoss(world, step);
    case 'verify':
      return applyVerify(world, step.at);
  }
}

async function applyReopen(world: World, at: number): Promise<readonly number[]> {
  const { id, seen } = world.store(at);
  await world.store(at).close();
  await world.reopen(at);
  world.coverage.note('reopen');
  const again = world.store(at);
  if (again.id !== id) broken('L1', `${id} was closed and goes on as ${again.id}`);
  if (!again.seen.equals(seen)) broken('L19', `${id} has not seen the same after it was closed and opened`);
  return [];
}

async function applyCrash(
  world: World,
  { at, key: index, writing }: Extract<DurableStep, { readonly do: 'crash' }>,
): Promise<readonly number[]> {
  const store = world.store(at);
  const key = world.key(index);
  const isBuffered = world.schedule.durability === 'buffered';
  const opened = world.whenOpened.get(at);
  const { id, seen } = store;
  const name = world.nextValue();
  let isCut = false;
  // A loss that the write finds is written down before the write itself.
  if (writing !== 'nothing' && world.lost(at).size === 0) {
    await store.load();
    world.disk(at).dieAtCommit(writing === 'lost' ? 'before' : 'after');
    isCut = await store.put(key, name).then(
      () => broken('L17', 'a write was answered whose commit nobody answered'),
      (error: unknown) => {
        if (!(error instanceof CausalError) || (error.code !== 'STORAGE_FAILED' && error.code !== 'CONFLICT'))
          throw error;
        return error.code === 'STORAGE_FAILED';
      },
    );
  }
  const isForgotten = isBuffered && writing === 'lost' && opened !== undefined;
  if (isForgotten) world.noteGone(at);
  await world.disk(at).cutOff();
  if (isForgotten) {
    await world.disk(at).write(opened.image as Image); // made by save
    world.recall(at, opened);
  }
  await world.reopen(at);
  world.coverage.note(isForgotten ? 'crash that loses buffered commits' : 'crash');
  const again = world.store(at);
  if ((again.id !== id) !== isBuffered)
    broken('L1', `${id} crashed under ${world.schedule.durability} and goes on as ${again.id}`);
  if (isForgotten) return [];
  const dot: Dot = { id, counter: seen.vector.get(id) + 1 };
  const isThere = again.seen.has(dot.id, dot.counter);
  if (isThere !== (isCut && writing === 'kept'))
    broken('L19', `a write whose commit was ${writing} is ${isThere ? '' : 'not '}there`);
  if (isCut) world.coverage.note(writing === 'kept' ? 'crash after a commit' : 'crash before a commit');
  if (isThere) {
    world.wrote(at, { name, key, held: name, context: 'local', dot });
    if (isBuffered) world.whenOpened.set(at, await world.save(at));
  }
  if (!again.seen.equals(isThere ? seen.add(dot.id, dot.counter) : seen))
    broken('L19', `${id} has not seen the same after a crash`);
  return [];
}

async function applySnapshot(
  world: World,
  { at, as, by }: Extract<DurableStep, { readonly do: 'snapshot' }>,
): Promise<readonly number[]> {
  if (by === 'copy') {
    world.saved.set(as, await world.save(at));
    world.coverage.note('snapshot');
    return [];
  }
  const image: Uint8Array[] = [];
  for await (const chunk of world.store(at).backup()) image.push(chunk.slice());
  world.saved.set(as, { at, image, isCopy: false, ...world.memory(at) });
  world.coverage.note('backup');
  return [];
}

async function applyRestore(
  world: World,
  { at, from }: Extract<DurableStep, { readonly do: 'restore' }>,
): Promise<readonly number[]> {
  const saved = world.saved.get(from);
  if (saved === undefined || saved.at !== at) return [];
  const { id } = world.store(at);
  world.noteGone(at);
  await world.store(at).close();
  await putBack(world, saved);
  world.recall(at, saved);
  await world.reopen(at);
  world.coverage.note('restore');
  if (world.store(at).id === id || !world.reports(at).some(({ kind }) => kind === 'renewed'))
    broken('L1', `${id} was restored and goes on as ${world.store(at).id}`);
  return [];
}

async function putBack(world: World, { at, image, isCopy }: Saved): Promise<void> {
  const disk = world.disk(at);
  if (isCopy)
    await disk.write(image as Image); // a copy is one
  else {
    await disk.write([]);
    await restoreBackup(image as readonly Uint8Array[], disk); // what is no copy is a backup
  }
  disk.move();
}

async function applyLoss(
  world: World,
  { at, key: index, harm }: Extract<DurableStep, { readonly do: 'lose' }>,
): Promise<readonly number[]> {
  const key = world.key(index);
  const store = world.store(at);
  const record = await store.record(key).catch((error: unknown) => {
    if (isDamage(error)) return undefined;
    throw error;
  });
  if (record === undefined || record.versions.length === 0 || world.lost(at).has(key) || world.collided.has(key))
    return [];
  const names = new Set<string>();
  for (const version of record.versions) {
    const authorship = world.byDot(version);
    if (authorship === undefined) return [];
    names.add(authorship.operation.name);
  }
  const hasAll = (other: number): boolean =>
    other !== at && !world.lost(other).has(key) && [...names].every((name) => world.model(other).knows(key).has(name));
  if (!world.stores.some((_, other) => hasAll(other))) return [];
  world.noteGone(at);
  const { seen } = store;
  await store.close();
  await world.disk(at).harm(key, harm);
  world.noteLost(at, key, names, seen);
  await world.reopen(at);
  world.coverage.note('loss');
  return [];
}

/** L20: what is lost is found, by kind and key; where nothing is lost, nothing is found. */
async function applyVerify(world: World, at: number): Promise<readonly number[]> {
  const { isSound, faults } = await world.store(at).verify();
  world.coverage.note('verify');
  for (const fault of faults) {
    if (!('key' in fault)) broken('L20', `verify finds ${fault.kind}`);
    if (!world.lost(at).has(fault.key)) broken('L20', `verify finds ${fault.kind} of ${JSON.stringify(fault.key)}`);
  }
  for (const key of world.lost(at).keys()) {
    if (faults.some((fault) => 'key' in fault && fault.key === key)) continue;
    const isShown = await world
      .store(at)
      .get(key)
      .then(
        () => true,
        () => false,
      );
    if (!isShown) broken('L20', `verify does not find that ${World.nameOf(at)} has lost ${JSON.stringify(key)}`);
  }
  if (isSound && faults.length > 0) broken('L20', 'verify finds faults and says that all is sound');
  // Whatever is found later is found in what this has written anew.
  await world.store(at).compact();
  return [at];
}
