/**
 * What must hold after every step, each check named by its law. Production is judged by what it shows and by what it
 * hands to others, never by its inside.
 */

import { formatDot } from '../../clock/dot.ts';
import { areConcurrent, type Operation } from '../../model/operations.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../../store/replica-record-encoding.ts';
import type { Sibling } from '../../store/resolve.ts';
import { type Held, ScheduleFailure, textOf, World } from './world.ts';

/** Ends the run: `law` does not hold. */
export function broken(law: string, message: string): never {
  throw new ScheduleFailure(law, message);
}

/** L4, L6, L7, L8, L9, L10: what replica `at` shows of every key is what the model shows. */
export function checkShown(world: World, at: number): void {
  for (const key of world.keys) checkKeyShown(world, at, key);
}

function checkKeyShown(world: World, at: number, key: string): void {
  const answer = world.store(at).peek(key);
  const { siblings } = answer;
  const expected = world.model(at).visible(key);
  const where = `replica ${World.nameOf(at)}, key ${JSON.stringify(key)}`;
  const story = (): string =>
    `${where} shows [${siblings.map(tell).join(', ')}], the model [${expected.map((operation) => tellOperation(world, operation)).join(', ')}]`;
  if (answer.status !== statusOf(siblings))
    broken('L4', `${where} says ${answer.status} of [${siblings.map(tell).join(', ')}]`);
  const shown = new Set<string>();
  const collided = world.collided.has(key);
  for (const sibling of siblings) {
    const author = world.byDot(sibling.dot);
    if (author === undefined || author.operation.key !== key) {
      if (collided && !sibling.tombstone) continue;
      broken('L6', `nobody wrote dot ${formatDot(sibling.dot)} under this key: ${story()}`);
    }
    const { operation } = author;
    if (!collided && operation.value !== (sibling.tombstone ? undefined : textOf(sibling.value)))
      broken('L6', `nobody wrote that value under ${formatDot(sibling.dot)}: ${story()}`);
    shown.add(operation.name);
  }
  if (collided) {
    const values = new Set(siblings.map((sibling) => (sibling.tombstone ? undefined : textOf(sibling.value))));
    for (const { tombstone, value } of expected)
      if (!tombstone && !values.has(String(value))) broken('L7', `a write is gone after a dot collision: ${story()}`);
    return;
  }
  const right = new Set(expected.map(({ name }) => name));
  for (const name of shown) {
    if (right.has(name)) continue;
    if (!world.model(at).knows(key).has(name)) broken('L4', `${name} is shown but was never taken in: ${story()}`);
    broken('L10', `${name} is shown but superseded: ${story()}`);
  }
  for (const { name, tombstone } of expected) {
    if (shown.has(name)) continue;
    if (!tombstone) broken('L7', `${name} is neither shown nor superseded: ${story()}`);
    if (!world.reaped.has(name)) broken('L9', `delete ${name} is not shown and nobody reaped it: ${story()}`);
  }
}

/**
 * L9, L11: no member can still bring a write that was made beside the tombstone without knowing it. What an incarnation
 * had seen that is gone, or what the next one does before it is met, nobody can know.
 */
export function checkReaped(world: World, at: number, name: string): void {
  const { operation: tombstone } = world.byName(name);
  const known = world.model(at).knows(tombstone.key);
  const members = new Set(world.store(at).members().map(nameOf));
  for (const operation of world.operations.of(tombstone.key)) {
    const { author, authorKnew } = world.byName(operation.name);
    if (author === undefined || !members.has(nameOf(author)) || known.has(operation.name)) continue;
    if (!world.isKnownAlive(at, author)) continue;
    if (areConcurrent(operation, tombstone) && !authorKnew.has(name)) {
      broken(
        'L11',
        `${World.nameOf(at)} reaped ${tellOperation(world, tombstone)} while member ${author} holds ${tellOperation(world, operation)}, made beside it`,
      );
    }
  }
}

/** L5: a record encodes, decodes and encodes again to the same bytes. Returns the bytes. */
export function checkRecordBytes(record: ReplicaRecord): Uint8Array {
  const bytes = encodeReplicaRecord(record);
  const again = encodeReplicaRecord(decodeReplicaRecord(bytes.slice()));
  if (!sameBytes(bytes, again))
    broken('L5', `the record of ${JSON.stringify(record.key)} encodes to ${bytes} and again to ${again}`);
  return bytes;
}

/** A text of everything a replica shows and knows, to see that refused input changed nothing. */
export function digestOf(world: World, at: number): string {
  const store = world.store(at);
  const shown = world.keys.map((key) => store.peek(key).siblings.map(tell).join());
  return JSON.stringify([store.seen, store.reaped, shown, store.stats(), store.members()]);
}

/** L14: how many dots each replica of `indexes` has issued. */
export function issuedBy(world: World, indexes: readonly number[]): string {
  return indexes.map((at) => world.store(at).seen.vector.get(world.store(at).id)).join();
}

/** Whether two arrays hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function nameOf(id: string): string {
  return id.split('~')[0] ?? id;
}

function statusOf(siblings: readonly Sibling<Held>[]): string {
  if (siblings.length === 0) return 'absent';
  if (siblings.every((sibling) => sibling.tombstone)) return 'deleted';
  return siblings.length === 1 ? 'live' : 'conflict';
}

function tell(sibling: Sibling<Held>): string {
  return `${formatDot(sibling.dot)} ${sibling.tombstone ? 'deleted' : textOf(sibling.value)}`;
}

function tellOperation(world: World, { name, tombstone, value }: Operation): string {
  return `${formatDot(world.byName(name).dot)} ${tombstone ? `deleted (${name})` : String(value)}`;
}
