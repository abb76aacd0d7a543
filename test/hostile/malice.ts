/**
 * Messages no replica would write: counters at the end of the integers, dots of the one who is spoken to, names that
 * objects have by themselves, entries twice, depth without end, lengths that lie, numbers of pushes and exchanges that
 * do not exist.
 */

import { DotSet } from '../../src/clock/dot-set.ts';
import { writeClock, writeDotSet } from '../../src/clock/encoding.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { ByteWriter } from '../../src/codec/bytes.ts';
import { COUNTER_MAX } from '../../src/limits.ts';
import type { Random } from '../../src/random.ts';
import { RecordWriter } from '../../src/repair/record-stream.ts';
import type { LinkMessage } from '../../src/replica/link-message.ts';

/** Who attacks, and whom. */
export type Roles = { readonly id: string; readonly target: string };

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '~', '~1', 'a~', '\u0000', '!', 'é'];
const NUMBERS = [0, 1, 2, 3, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 2, COUNTER_MAX];

/** One message, or a few that belong together. */
export function malice(random: Random, roles: Roles): LinkMessage[] {
  const number = (): number => NUMBERS[random.below(NUMBERS.length)] as number;
  const half = (): number => Math.floor(number() / 2);
  const exchange = (frame: Uint8Array): LinkMessage => ({
    ...{ kind: 'exchange', number: random.chance(0.9) ? 1 : half(), isMine: random.chance(0.9), frame },
  });
  switch (random.below(12)) {
    case 0:
      return [{ kind: random.chance(0.5) ? 'ack' : 'want', number: number() }];
    case 1:
      return [{ kind: 'stop', number: half(), isMine: random.chance(0.5), code: nameFor(random), why: 'because' }];
    case 2:
      return [{ kind: 'refuse', versionMin: number(), versionMax: number(), code: nameFor(random), why: 'no' }];
    case 3:
      return [{ kind: 'ask', request: number(), key: random.chance(0.7) ? nameFor(random) : 'k'.repeat(1_024) }];
    case 4:
      return [{ kind: 'failed', request: number(), code: nameFor(random), why: 'x' }];
    case 5:
      return [{ kind: 'given', request: number(), counts: [number(), number(), number(), number()] }];
    case 6:
      return [{ kind: 'give', request: number(), record: recordBytes(random, roles) }];
    case 7:
      return [{ kind: 'record', request: number(), record: recordBytes(random, roles) }];
    case 8:
      return [{ kind: 'push', push: pushBytes(random, roles) }];
    case 9:
      return [
        exchange(helloBytes(random, roles)),
        exchange(recordsBytes(random, roles)),
        exchange(rangesBytes(random)),
      ];
    case 10:
      return [exchange(helloBytes(random, roles)), exchange(Uint8Array.of(1, 5, random.below(3)))];
    default:
      return [{ kind: 'lost', why: 'whatever' }, { kind: 'pong' }, { kind: 'ping' }];
  }
}

/** A message that a link lets pass, because it may be late, or answers: to nobody, of nothing, for a key there is not. */
export function stray(random: Random): LinkMessage {
  const number = (): number => NUMBERS[random.below(NUMBERS.length)] as number;
  const half = (): number => Math.floor(number() / 2);
  const request = number();
  switch (random.below(8)) {
    case 0:
      return { kind: random.chance(0.5) ? 'ack' : 'want', number: number() };
    case 1:
      return { kind: 'stop', number: half(), isMine: random.chance(0.5), code: nameFor(random), why: 'because' };
    case 2:
      return { kind: 'failed', request, code: nameFor(random), why: 'x' };
    case 3:
      return { kind: 'given', request, counts: [number(), number(), number(), number()] };
    case 4:
      return {
        kind: 'record',
        request,
        record: Uint8Array.from({ length: random.below(40) }, () => random.below(256)),
      };
    case 5:
      return { kind: 'ask', request, key: random.chance(0.7) ? nameFor(random) : 'k'.repeat(random.between(1, 1_024)) };
    case 6:
      return { kind: 'exchange', number: half(), isMine: false, frame: Uint8Array.of(random.below(256)) };
    default:
      return { kind: random.chance(0.5) ? 'pong' : 'lost', why: 'whatever' };
  }
}

/** A message with a clock of so many ids, or one id of so many ranges. */
export function hugeClock({ id }: Roles, entries: number, isLoose: boolean): LinkMessage {
  const writer = frameOf(0, 1);
  if (isLoose) {
    writer.varint(3);
    writer.text(id);
    writer.varint(0);
    writer.varint(entries);
    for (let at = 0; at < entries * 2; at += 1) writer.varint(0);
  } else {
    writer.varint(entries * 2);
    for (let at = 0; at < entries; at += 1) {
      writer.text(`n${String(at).padStart(7, '0')}~1`);
      writer.varint(1);
    }
  }
  writer.varint(0); // nothing was reaped
  writer.varint(isLoose ? 1 : 0);
  if (!isLoose) writer.text(id);
  for (let lane = 0; lane < 4; lane += 1) writer.u8(lane);
  return { kind: 'exchange', number: 1, isMine: true, frame: writer.finish() };
}

/** A value as deep as it is long, under a key of its own. */
export function deepValue(roles: Roles, depth: number): LinkMessage {
  const writer = new ByteWriter();
  writer.u8(1);
  writer.text('deep');
  writeDotSet(writer, DotSet.empty.addRange(roles.id, 1, 1));
  writer.varint(1);
  writer.varint(1);
  writer.varint(1);
  writer.varint(5);
  for (let level = 0; level < depth; level += 1) writer.u8(0x31);
  writer.u8(0);
  return { kind: 'give', request: 1, record: writer.finish() };
}

/** A record whose value is an object of so many fields. */
export function wideValue(roles: Roles, fields: number): LinkMessage {
  const writer = new ByteWriter();
  writer.u8(1);
  writer.text('wide');
  writeDotSet(writer, DotSet.empty.addRange(roles.id, 1, 1));
  for (const part of [1, 1, 1, 5]) writer.varint(part);
  writer.u8(0x51);
  writer.varint(fields);
  for (let at = 0; at < fields; at += 1) writer.text(`f${at.toString(36)}`);
  return { kind: 'give', request: 1, record: writer.finish() };
}

function nameFor(random: Random): string {
  return NAMES[random.below(NAMES.length)] as string;
}

/** Dots of the attacker, of the target, of others, of nobody; as far as counters go. */
function someDots(random: Random, { id, target }: Roles): DotSet {
  let set = DotSet.empty;
  for (let left = random.between(0, 3); left > 0; left -= 1) {
    const whose = random.chance(0.6) ? id : random.chance(0.4) ? target : `${nameFor(random)}x~1`;
    const from = random.chance(0.6) ? 1 : (NUMBERS[random.between(1, NUMBERS.length - 1)] as number);
    const to = random.chance(0.7) ? Math.min(COUNTER_MAX, from + random.below(40)) : COUNTER_MAX;
    set = set.addRange(whose, from, to);
  }
  return set;
}

function writeSomeDots(writer: ByteWriter, random: Random, roles: Roles): void {
  const kind = random.below(20);
  if (kind === 0) {
    // The same id twice.
    writer.varint(4);
    for (let at = 0; at < 2; at += 1) {
      writer.text(roles.id);
      writer.varint(1);
    }
  } else if (kind === 1) {
    writer.varint(COUNTER_MAX);
  } else {
    writeDotSet(writer, someDots(random, roles));
  }
}

function versionsIn(random: Random, roles: Roles): { id: string; counter: number; time: number; value: never }[] {
  const dots = [...Array(random.below(4))].map(() => ({
    id: random.chance(0.8) ? roles.id : roles.target,
    counter: random.chance(0.9) ? random.between(1, 60) : (NUMBERS[random.between(1, NUMBERS.length - 1)] as number),
  }));
  return dots
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.counter - b.counter))
    .map((dot) => ({ ...dot, time: random.chance(0.9) ? 5 : 8.64e15, value: valueIn(random) as never }));
}

function valueIn(random: Random): unknown {
  const held: Record<string, unknown> = {};
  Object.defineProperty(held, nameFor(random), { value: 1, enumerable: true });
  return [undefined, null, 1, 'x', held, [[[]]], -0, 10n ** 30n, new Uint8Array(9), new Date(8.64e15)][
    random.below(10)
  ];
}

function keyIn(random: Random, { id }: Roles): string {
  return ['known/1', 'known/2', '__proto__', 'constructor', `${id}/k`, '\u0000cairn/member/target', 'é'][
    random.below(7)
  ] as string;
}

function recordBytes(random: Random, roles: Roles): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(random.chance(0.95) ? 1 : random.below(256));
  writer.text(keyIn(random, roles));
  writeSomeDots(writer, random, roles);
  writer.varint(random.chance(0.9) ? random.below(2) : COUNTER_MAX);
  writer.varint(random.below(4));
  writer.varint(random.between(0, 3));
  writer.varint(5);
  writer.u8(random.below(256));
  return writer.finish();
}

function pushBytes(random: Random, roles: Roles): Uint8Array {
  const writer = new ByteWriter();
  const from = random.chance(0.6) ? 0 : (NUMBERS[random.below(NUMBERS.length)] as number);
  writer.varint(random.chance(0.5) ? (from + 1 > COUNTER_MAX ? COUNTER_MAX : from + 1) : random.below(9));
  writer.varint(from);
  if (from === 0) writeSomeDots(writer, random, roles);
  const flags = random.chance(0.8) ? 2 : random.below(8);
  writer.u8(flags);
  const added = someDots(random, roles);
  writeDotSet(writer, added);
  if ((flags & 1) !== 0) writeSomeDots(writer, random, roles);
  if ((flags & 2) !== 0) writeClock(writer, random.chance(0.6) ? VectorClock.empty : someDots(random, roles).vector);
  const records = random.below(3);
  writer.varint(random.chance(0.95) ? records : COUNTER_MAX);
  writeRecords(writer, random, roles, added.ids(), records);
  return writer.finish();
}

function helloBytes(random: Random, roles: Roles): Uint8Array {
  const writer = frameOf(0, random.chance(0.9) ? 1 : random.below(64));
  const seen = someDots(random, roles);
  writeDotSet(writer, seen);
  const ids = seen.ids();
  const reaped = random.chance(0.7) ? 0 : ids.length;
  writer.varint(reaped);
  for (let at = 0; at < reaped; at += 1) {
    writer.varint(0);
    writer.varint(seen.vector.get(ids[at] as string) || 1);
  }
  const id = random.chance(0.8) ? roles.id : random.chance(0.5) ? roles.target : `${nameFor(random)}~1`;
  const place = ids.indexOf(id) + 1;
  writer.varint(place);
  if (place === 0) writer.text(id);
  for (let lane = 0; lane < 4; lane += 1) writer.u8(random.below(256));
  return writer.finish();
}

function recordsBytes(random: Random, roles: Roles): Uint8Array {
  const writer = frameOf(3, random.chance(0.7) ? 1 : 0);
  writeRecords(writer, random, roles, [roles.id], random.below(4));
  return writer.finish();
}

function writeRecords(w: ByteWriter, random: Random, roles: Roles, ids: readonly string[], count: number): void {
  const stream = new RecordWriter(ids);
  for (let left = count; left > 0; left -= 1) {
    const residual = random.chance(0.6) ? DotSet.empty : someDots(random, roles);
    stream.write(w, { key: keyIn(random, roles), versions: versionsIn(random, roles), residual });
  }
}

function rangesBytes(random: Random): Uint8Array {
  const writer = frameOf(4);
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    writer.u8(random.below(6));
    for (let part = random.between(2, 12); part > 0; part -= 1)
      writer.varint(random.chance(0.8) ? random.below(4) : (NUMBERS[random.below(NUMBERS.length)] as number));
  }
  return writer.finish();
}

function frameOf(...head: readonly number[]): ByteWriter {
  const writer = new ByteWriter();
  writer.u8(1);
  for (const byte of head) writer.u8(byte);
  return writer;
}
