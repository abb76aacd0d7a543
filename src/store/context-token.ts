/**
 * Contexts in their encoded form: opaque, versioned, url-safe text. A token is bound to what it was given for (a key,
 * a session, a feed of changes) by a digest over both, which also notices damage: residuals of one key may name dots
 * of another, so a token used for another key would supersede writes nobody saw.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { readDotSet } from '../clock/encoding.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { hashBytes } from '../codec/hash.ts';
import { refuseBytes } from '../codec/refuse.ts';
import { fromBase64Url, toBase64Url } from '../codec/text.ts';
import { CausalError } from '../errors.ts';

export type TokenKind = 'context' | 'session' | 'changes';

const FORMAT = 1;
const KINDS: readonly TokenKind[] = ['context', 'session', 'changes'];
const HEAD_BYTES = 10;

/** `binding` is the key of a context and empty for the other kinds. */
export function encodeToken(kind: TokenKind, binding: string, set: DotSet): string {
  const body = new ByteWriter();
  set.write(body);
  const token = new ByteWriter();
  token.raw(headOf(kind, binding, body.view()));
  token.raw(body.view());
  return toBase64Url(token.view());
}

/** Throws: CONTEXT_INVALID when the text is no such token, is damaged, or (unless `isBound` is false) is of another key. */
export function decodeToken(kind: TokenKind, binding: string, token: string, isBound = true): DotSet {
  try {
    const bytes = fromBase64Url(token);
    const head = headOf(kind, binding, bytes.subarray(HEAD_BYTES));
    const reader = new ByteReader(bytes);
    for (const byte of isBound ? head : head.subarray(0, 2)) if (reader.u8() !== byte) refuseBytes('another token');
    reader.take(HEAD_BYTES - reader.offset);
    const set = readDotSet(reader);
    reader.expectEnd();
    return set;
  } catch (cause) {
    throw new CausalError(
      'CONTEXT_INVALID',
      `Cannot use the ${kind} token: it is damaged, of another key or of something else`,
      { kind },
      cause,
    );
  }
}

/** The format, the kind, and the digest that binds the set to what the token is given for. */
function headOf(kind: TokenKind, binding: string, body: Uint8Array): Uint8Array {
  const bound = new ByteWriter();
  bound.text(kind);
  bound.text(binding);
  bound.raw(body);
  const { hi, lo } = hashBytes(bound.view());
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint8(0, FORMAT);
  head.setUint8(1, KINDS.indexOf(kind));
  head.setUint32(2, hi);
  head.setUint32(6, lo);
  return new Uint8Array(head.buffer);
}
