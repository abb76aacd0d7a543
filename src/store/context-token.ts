/**
 * Contexts in their encoded form: opaque, versioned, url-safe text. A token is bound to what it was given for (a key,
 * a session, a feed of changes) by a digest over both, which also notices damage: residuals of one key may name dots
 * of another, so a token used for another key would supersede writes nobody saw.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { readDotSet, writeDotSet } from '../clock/encoding.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { hashBytes } from '../codec/hash.ts';
import { fromBase64Url, toBase64Url } from '../codec/text.ts';
import { CausalError } from '../errors.ts';

export type TokenKind = 'context' | 'session' | 'changes';

const FORMAT = 1;
const KINDS: readonly TokenKind[] = ['context', 'session', 'changes'];
const HEAD_BYTES = 10;

/** `binding` is the key of a context and empty for the other kinds. */
export function encodeToken(kind: TokenKind, binding: string, set: DotSet): string {
  const writer = new ByteWriter();
  writeDotSet(writer, set);
  const body = writer.finish();
  const head = new ByteWriter(HEAD_BYTES);
  head.u8(FORMAT);
  head.u8(KINDS.indexOf(kind));
  writeDigest(head, kind, binding, body);
  head.raw(body);
  return toBase64Url(head.finish());
}

/** Throws: CONTEXT_INVALID when the text is no such token, is damaged, or (unless `isBound` is false) is of another key. */
export function decodeToken(kind: TokenKind, binding: string, token: string, isBound = true): DotSet {
  const refuse = (why: string, cause?: unknown): CausalError =>
    new CausalError(
      'CONTEXT_INVALID',
      `Cannot use the ${kind} token: ${why}, take a new one from an answer`,
      { kind },
      cause,
    );
  if (typeof token !== 'string') throw refuse(`it is a ${typeof token}`);
  let bytes: Uint8Array;
  let set: DotSet;
  try {
    bytes = fromBase64Url(token);
    const reader = new ByteReader(bytes);
    if (reader.u8() !== FORMAT) throw refuse('its version is unknown');
    if (KINDS[reader.u8()] !== kind) throw refuse('it was given for something else');
    reader.raw(HEAD_BYTES - 2);
    set = readDotSet(reader);
    reader.expectEnd();
  } catch (error) {
    throw error instanceof CausalError && error.code === 'CONTEXT_INVALID' ? error : refuse('it is damaged', error);
  }
  if (!isBound) return set;
  const expected = new ByteWriter(HEAD_BYTES);
  writeDigest(expected, kind, binding, bytes.subarray(HEAD_BYTES));
  const digest = expected.finish();
  for (let at = 0; at < digest.length; at += 1) {
    if (digest[at] !== bytes[at + 2])
      throw refuse(kind === 'context' ? 'it was given for another key or is damaged' : 'it is damaged');
  }
  return set;
}

function writeDigest(writer: ByteWriter, kind: TokenKind, binding: string, body: Uint8Array): void {
  const bound = new ByteWriter();
  bound.text(kind);
  bound.text(binding);
  bound.raw(body);
  const hash = hashBytes(bound.finish());
  for (const lane of [hash.hi, hash.lo]) for (let shift = 24; shift >= 0; shift -= 8) writer.u8((lane >>> shift) & 255);
}
