/**
 * What must hold after every step, each check named by its law. Production is judged by what it shows and by what it
 * hands to others, never by its inside.
 */

import { type Dot, formatDot } from '../../clock/dot.ts';
import type { DotSet } from '../../clock/dot-set.ts';
import { equalBytes } from '../../codec/byte-arrays.ts';
import { CausalError } from '../../errors.ts';
import type { Operation } from '../../model/operations.ts';
import type { Answer } from '../../store/answer.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../../store/replica-record-encoding.ts';
import type { Sibling } from '../../store/resolve.ts';
import { stateOf } from '../../store/versioned-kv-store.ts';
import { judgeShown, reapedTooEarly, statusOf } from './judge.ts';
import { type Held, ScheduleFailure, textOf, World } from './world.ts';

/** Ends the run: `law` does not hold. */
export function broken(law: string, message: string): never {
  throw new ScheduleFailure(law, message);
}

/** L4, L6, L7, L8, L9, L10: what replica `at` shows of every key is what the model shows. */
export async function checkShown(world: World, at: number): Promise<void> {
  for (const key of world.keys) {
    const answer = await look(world, at, key);
    if (answer === undefined) continue;
    if (world.isDurable) checkNotAbsent(world, at, key, answer);
    checkKeyShown(world, at, key, answer);
  }
}

/** What a replica shows of a key; undefined when it refuses because the record is lost. Law: L20. */
export async function look(world: World, at: number, key: string): Promise<Answer<Held> | undefined> {
  const store = world.store(at);
  if (!world.isDurable) return store.peek(key);
  try {
    const answer = await store.get(key);
    const now = store.peek(key);
    if (now.status !== answer.status || now.context !== answer.context)
      broken(
        'L4',
        `${World.nameOf(at)} shows ${now.status} at once and ${answer.status} later of ${JSON.stringify(key)}`,
      );
    return answer;
  } catch (error) {
    if (!isDamage(error)) throw error;
    checkIsLost(world, at, key);
    return undefined;
  }
}

/** Whether a step was refused because a record is lost. */
export function isDamage(error: unknown): error is CausalError {
  return error instanceof CausalError && error.code === 'RECORD_CORRUPT';
}

/** L20: only what the disk has lost is refused, and somebody was told. */
export function checkIsLost(world: World, at: number, key: string): void {
  const where = `${World.nameOf(at)}, key ${JSON.stringify(key)}`;
  if (!world.lost(at).has(key)) broken('L20', `${where} is refused although its disk has not lost it`);
  world.coverage.note('loss refused');
}

/** L20: a key whose record was lost is not shown before something is known of it again. */
function checkNotAbsent(world: World, at: number, key: string, { siblings }: Answer<Held>): void {
  const lost = world.lost(at).get(key);
  if (lost === undefined) return;
  const known = world.model(at).knows(key);
  const isBack = [...lost].every((name) => known.has(name));
  if (!isBack && siblings.length === 0)
    broken(
      'L20',
      `${World.nameOf(at)} lost ${[...lost].join(', ')} of ${JSON.stringify(key)} and shows [${siblings.map(tell).join(', ')}]`,
    );
  world.coverage.note(isBack ? 'loss refilled' : 'loss outlived');
  if (!isBack) world.accepted.add(key);
  world.lost(at).delete(key);
}

function checkKeyShown(world: World, at: number, key: string, answer: Answer<Held>): void {
  const { siblings } = answer;
  const expected = world.model(at).visible(key);
  const where = `replica ${World.nameOf(at)}, key ${JSON.stringify(key)}`;
  const story = (): string =>
    `${where} shows [${siblings.map(tell).join(', ')}], the model [${expected.map((operation) => tellOperation(world, operation)).join(', ')}]`;
  if (answer.status !== statusOf(siblings))
    broken('L4', `${where} says ${answer.status} of [${siblings.map(tell).join(', ')}]`);
  if (world.collided.has(key)) {
    checkCollided(world, key, siblings, expected, story);
    return;
  }
  const verdict = judgeShown(
    siblings,
    {
      expected,
      knows: world.model(at).knows(key),
      operationOf: (dot) => operationOf(world, key, dot),
      wasReaped: (name) => world.reaped.has(name),
      isAccepted: world.accepted.has(key),
      isExcused: (name) => isCoveredByLost(world, name),
    },
    textOf,
  );
  if (verdict !== undefined) broken(verdict.law, `${verdict.why}: ${story()}`);
}

function operationOf(world: World, key: string, dot: Dot): Operation | undefined {
  const operation = world.byDot(dot)?.operation;
  return operation?.key === key ? operation : undefined;
}

/** L6, L7 where dots collided: every tombstone is known by its dot, and no value is gone. */
function checkCollided(
  world: World,
  key: string,
  siblings: readonly Sibling<Held>[],
  expected: readonly Operation[],
  story: () => string,
): void {
  for (const { dot, tombstone } of siblings) {
    if (tombstone && operationOf(world, key, dot) === undefined)
      broken('L6', `nobody wrote dot ${formatDot(dot)} under this key: ${story()}`);
  }
  const values = new Set(siblings.map((sibling) => (sibling.tombstone ? undefined : textOf(sibling.value))));
  for (const { name, tombstone, value } of expected)
    if (!tombstone && !values.has(String(value)) && !isCoveredByLost(world, name))
      broken('L7', `a write is gone after a dot collision: ${story()}`);
}

function isCoveredByLost(world: World, name: string): boolean {
  return [...world.everLost].some((lost) => world.byName(lost).operation.context.has(name));
}

/**
 * L9, L11: no member can still bring a write that was made beside the tombstone without knowing it. What an incarnation
 * had seen that is gone, or what the next one does before it is met, nobody can know.
 */
export function checkReaped(world: World, at: number, name: string): void {
  const { operation: tombstone } = world.byName(name);
  const members = new Set(world.store(at).members().map(nameOf));
  const made = world.operations
    .of(tombstone.key)
    .map((operation) => world.byName(operation.name))
    .filter(({ author }) => author !== undefined && members.has(nameOf(author)) && world.isKnownAlive(at, author));
  const missed = reapedTooEarly(tombstone, made, world.model(at).knows(tombstone.key));
  if (missed === undefined) return;
  broken(
    'L11',
    `${World.nameOf(at)} reaped ${tellOperation(world, tombstone)} while member ${world.byName(missed.name).author} holds ${tellOperation(world, missed)}, made beside it`,
  );
}

/** L5: a record encodes, decodes and encodes again to the same bytes. Returns the bytes. */
export function checkRecordBytes(record: ReplicaRecord): Uint8Array {
  const bytes = encodeReplicaRecord(record);
  const again = encodeReplicaRecord(decodeReplicaRecord(bytes.slice()));
  if (!equalBytes(bytes, again))
    broken('L5', `the record of ${JSON.stringify(record.key)} encodes to ${bytes} and again to ${again}`);
  return bytes;
}

/** A text of everything a replica shows and knows, to see that refused input changed nothing. */
export async function digestOf(world: World, at: number): Promise<string> {
  const store = world.store(at);
  if (world.isDurable) await store.load();
  const shown: (string | undefined)[] = [];
  for (const key of world.keys) shown.push((await look(world, at, key))?.siblings.map(tell).join());
  return JSON.stringify([store.seen, store.reaped, shown, store.stats(), store.members().sort()]);
}

/** How many dots each replica of `indexes` has issued, by its id. */
export function issuedBy(
  world: World,
  indexes: readonly number[],
): ReadonlyMap<number, readonly [id: string, dots: number]> {
  return new Map(
    indexes.map((at) => {
      const { id, seen } = world.store(at);
      return [at, [id, seen.vector.get(id)]];
    }),
  );
}

/** L14: none of them has issued a dot since; a loss may have made one go on under a new id. */
export function checkIssuedNothing(world: World, before: ReturnType<typeof issuedBy>, what: string): void {
  for (const [at, [id, dots]] of issuedBy(world, [...before.keys()])) {
    const [idBefore, dotsBefore] = before.get(at) ?? [id, dots];
    if (dots !== (id === idBefore ? dotsBefore : 0)) broken('L14', `${what} issued a dot`);
    if (id !== idBefore && world.everLost.size === 0) broken('L14', `${what} made ${idBefore} go on as ${id}`);
  }
}

/** The dots a replica knows of for a key, also while the key is refused. */
export async function contextOf(world: World, at: number, key: string): Promise<DotSet> {
  const store = world.store(at);
  try {
    return (await store.record(key)).context;
  } catch (error) {
    if (!isDamage(error)) throw error;
    checkIsLost(world, at, key);
    return store.seen.union(stateOf(store).table.record(key).residual);
  }
}

function nameOf(id: string): string {
  return id.split('~')[0] ?? id;
}

function tell(sibling: Sibling<Held>): string {
  return `${formatDot(sibling.dot)} ${sibling.tombstone ? 'deleted' : textOf(sibling.value)}`;
}

function tellOperation(world: World, { name, tombstone, value }: Operation): string {
  return `${formatDot(world.byName(name).dot)} ${tombstone ? `deleted (${name})` : String(value)}`;
}
