/**
 * What a durable store knows beside its records, each part under a key of its own so that a commit writes only what has
 * changed: who the replica is, the few numbers that every commit moves, what it has seen and reaped, what each peer has.
 */

import type { DotSet } from '../../clock/dot-set.ts';
import { readClock, readDotSet, writeClock, writeDotSet } from '../../clock/encoding.ts';
import type { VectorClock } from '../../clock/vector-clock.ts';
import type { ByteReader, ByteWriter } from '../../codec/bytes.ts';
import type { Hash64 } from '../../codec/hash.ts';
import { CLOCK_ENTRIES_MAX, ID_BYTES_MAX } from '../../limits.ts';
import type { ByteEntry } from '../../storage/storage.ts';
import type { KnownPeer } from '../membership.ts';
import { KIND, seal, textKey, unseal } from './layout.ts';
import { type Names, type NameVisitor, readNames } from './names.ts';

/** Who the replica is. `place`: the fingerprint of where it was written; `isClean`: nothing buffered may be missing. */
export type Identity = {
  readonly name: string;
  readonly incarnation: string;
  readonly place: string;
  readonly isClean: boolean;
  readonly members: readonly string[];
  /** The numbers drawn at the last openings, the newest last. */
  readonly lives: readonly number[];
  /** Of those in which something was told or issued under this incarnation, where they began, in order. */
  readonly starts: readonly LifeStart[];
};

/** The counter of the replica's own dots when a life began. */
export type LifeStart = { readonly life: number; readonly counter: number };

/** The format that the entry of the identity is of: that of the whole store. */
export function formatOf(sealed: Uint8Array): number {
  return unseal(IDENTITY_KEY, sealed, (reader, format) => {
    reader.take(reader.remaining);
    return format;
  });
}

/**
 * What every commit writes. `marks`: the sum of the marks of what the live hash counts, undefined where nobody knows it or a
 * record has a residual, which what was seen since may make less. `dots`: an order-independent sum over all current dots. `names`: the newest of them, as long
 * as they are too few for an entry of their own. `named` and `stale`: about how many dots have names, and how many had.
 */
export type Moment = {
  readonly sequence: number;
  readonly counter: number;
  /** How many numbers the id book has given. */
  readonly ids: number;
  readonly live: Hash64;
  readonly marks: number | undefined;
  readonly dots: Hash64;
  readonly collisions: number;
  readonly mends: number;
  readonly reapedStable: number;
  readonly reapedByForce: number;
  readonly named: number;
  readonly stale: number;
  readonly names: Names;
};

/** `seen` without the replica's own dots, which the counter says. */
export type StoredClocks = { readonly others: DotSet; readonly reaped: VectorClock };

export type StoredPeer = KnownPeer;

/** The place of a store whose engine has no evidence to give. */
export const NOWHERE = 'nowhere';
/** How many lives a store remembers, and the largest number of one. */
export const LIVES_MAX = 1_024;
export const LIFE_MAX = 0xffffffff;
const TEXT_BYTES_MAX = 4_096;
export const IDENTITY_KEY: Uint8Array = textKey(KIND.meta, 'identity');
export const LIVES_KEY: Uint8Array = textKey(KIND.meta, 'lives');
export const MOMENT = 'moment';
export const MOMENT_KEY: Uint8Array = textKey(KIND.meta, MOMENT);
export const CLOCKS_KEY: Uint8Array = textKey(KIND.meta, 'clocks');
/** There while a restore is under way: what is written beside it is no store yet. */
export const RESTORING_KEY: Uint8Array = textKey(KIND.meta, 'restoring');
const NOBODY: NameVisitor = { name: () => undefined, unname: () => undefined };
const PEER_PREFIX = 'peer/';

/** The key of what is known of a peer, by name. */
export function peerKey(name: string): Uint8Array {
  return textKey(KIND.meta, PEER_PREFIX + name);
}

/** The name of the peer, if the text of a key is that of one. */
export function peerNameOf(text: string): string | undefined {
  return text.startsWith(PEER_PREFIX) ? text.slice(PEER_PREFIX.length) : undefined;
}

/** The entry that says who the replica is. */
export function encodeIdentity(identity: Identity): ByteEntry {
  return entry(IDENTITY_KEY, (writer) => {
    writer.text(identity.name);
    writer.text(identity.incarnation);
    writer.text(identity.place);
    writer.u8(identity.isClean ? 1 : 0);
    writer.varint(identity.members.length);
    for (const member of identity.members) writer.text(member);
    writer.varint(identity.lives.length);
    for (const life of identity.lives) writer.varint(life);
  });
}

/** The entry that says where lives began: of its own, because not every release of this format knows it. */
export function encodeLives({ incarnation, starts }: Identity): ByteEntry {
  return entry(LIVES_KEY, (writer) => {
    writer.text(incarnation);
    writer.varint(starts.length);
    for (const { life, counter } of starts) {
      writer.varint(life);
      writer.varint(counter);
    }
  });
}

/** Those of another incarnation, which a release left there that does not know them, are none. Throws: as the others. */
export function decodeLives(sealed: Uint8Array, { incarnation }: Identity): readonly LifeStart[] {
  return unseal(LIVES_KEY, sealed, (reader) => {
    const isOfThis = reader.text(ID_BYTES_MAX) === incarnation;
    const starts: LifeStart[] = [];
    for (let left = reader.varint(LIVES_MAX); left > 0; left -= 1)
      starts.push({ life: reader.varint(LIFE_MAX), counter: reader.varint() });
    return isOfThis ? starts : [];
  });
}

/** Without the lives, which have an entry of their own. Throws: RECORD_CORRUPT, VERSION_UNSUPPORTED. */
export function decodeIdentity(sealed: Uint8Array): Identity {
  return unseal(IDENTITY_KEY, sealed, (reader) => {
    const name = reader.text(ID_BYTES_MAX);
    const incarnation = reader.text(ID_BYTES_MAX);
    const place = reader.text(TEXT_BYTES_MAX);
    const isClean = reader.u8() === 1;
    const members: string[] = [];
    for (let left = reader.varint(CLOCK_ENTRIES_MAX); left > 0; left -= 1) members.push(reader.text(TEXT_BYTES_MAX));
    const lives: number[] = [];
    for (let left = reader.varint(LIVES_MAX); left > 0; left -= 1) lives.push(reader.varint(LIFE_MAX));
    return { name, incarnation, place, isClean, members, lives, starts: [] };
  });
}

/** The entry that every commit writes. */
export function encodeMoment(moment: Moment): ByteEntry {
  return entry(MOMENT_KEY, (writer) => writeMoment(writer, moment));
}

/** Writes what is sealed then. */
export function writeMoment(writer: ByteWriter, moment: Moment): void {
  writer.varint(moment.sequence);
  writer.varint(moment.counter);
  writer.varint(moment.ids);
  writeLanes(writer, moment.live);
  writeLanes(writer, moment.dots);
  writer.varint(moment.collisions);
  writer.varint(moment.mends);
  writer.varint(moment.reapedStable);
  writer.varint(moment.reapedByForce);
  writer.varint(moment.named);
  writer.varint(moment.stale);
  writer.varint(moment.marks === undefined ? 0 : 1 + moment.marks);
  writer.raw(moment.names.bytes);
}

/** Throws: RECORD_CORRUPT, VERSION_UNSUPPORTED. */
export function decodeMoment(sealed: Uint8Array): Moment {
  return unseal(MOMENT_KEY, sealed, (reader, format) => ({
    sequence: reader.varint(),
    counter: reader.varint(),
    ids: reader.varint(),
    live: readLanes(reader),
    dots: readLanes(reader),
    collisions: reader.varint(),
    mends: reader.varint(),
    reapedStable: reader.varint(),
    reapedByForce: reader.varint(),
    named: format === 1 ? 0 : reader.varint(),
    stale: format === 1 ? 0 : reader.varint(),
    marks: format < 3 ? undefined : readMarks(reader),
    names: readNames(reader, NOBODY),
  }));
}

/** The entry of what was seen and reaped. */
export function encodeClocks({ others, reaped }: StoredClocks): ByteEntry {
  return entry(CLOCKS_KEY, (writer) => {
    writeDotSet(writer, others);
    writeClock(writer, reaped);
  });
}

/** Throws: RECORD_CORRUPT, VERSION_UNSUPPORTED. */
export function decodeClocks(sealed: Uint8Array): StoredClocks {
  return unseal(CLOCKS_KEY, sealed, (reader) => ({ others: readDotSet(reader), reaped: readClock(reader) }));
}

/** The entry of what a peer has seen. */
export function encodePeer(name: string, peer: StoredPeer): ByteEntry {
  return entry(peerKey(name), (writer) => {
    writer.text(peer.id);
    writer.varint(peer.life);
    writeDotSet(writer, peer.seen);
  });
}

/** Throws: RECORD_CORRUPT, VERSION_UNSUPPORTED. */
export function decodePeer(name: string, sealed: Uint8Array): StoredPeer {
  return unseal(peerKey(name), sealed, (reader) => ({
    id: reader.text(ID_BYTES_MAX),
    life: reader.varint(LIFE_MAX),
    seen: readDotSet(reader),
  }));
}

function entry(key: Uint8Array, write: (writer: ByteWriter) => void): ByteEntry {
  return [key, seal(key, write)];
}

function writeLanes(writer: ByteWriter, { hi, lo }: Hash64): void {
  writer.varint(hi);
  writer.varint(lo);
}

function readMarks(reader: ByteReader): number | undefined {
  const marks = reader.varint(2 ** 32);
  return marks === 0 ? undefined : marks - 1;
}

function readLanes(reader: ByteReader): Hash64 {
  return { hi: reader.varint(0xffffffff), lo: reader.varint(0xffffffff) };
}
