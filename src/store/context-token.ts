/**
 * Contexts in their encoded form: opaque, versioned, url-safe text. A token is bound to what it was given for (a key,
 * a session, a feed of changes) by a digest over both, which also notices damage: residuals of one key may name dots
 * of another, so a token used for another key would supersede writes nobody saw.
 */

import { DotSet } from '../clock/dot-set.ts';
import { readDotSetParts } from '../clock/layout.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { hashBytes } from '../codec/hash.ts';
import { refuseBytes } from '../codec/refuse.ts';
import { fromBase64Url, toBase64Url } from '../codec/text.ts';
import { CausalError } from '../errors.ts';

export type TokenKind = 'context' | 'session' | 'changes';

const FORMAT = 1;
const KINDS: readonly TokenKind[] = ['context', 'session', 'changes'];
const HEAD_BYTES = 10;

// Every answer over a network has tokens. Measured: fresh writers take longer than what is written into them.
let scratch = new ByteWriter();
const KEPT_BYTES_MAX = 65_536;

/** `binding` is the key of a context, what stands after a token of changes (change-feed.ts), and empty for a session. */
export function encodeToken(kind: TokenKind, binding: string, set: DotSet): string {
  scratch.reset();
  set.write(scratch);
  const body = scratch.finish();
  writeHead(kind, binding, body);
  scratch.raw(body);
  return toBase64Url(scratch.view());
}

/** Throws: CONTEXT_INVALID when the text is no such token, is damaged, or (unless `isBound` is false) is of another key. */
export function decodeToken(kind: TokenKind, binding: string, token: string, isBound = true): DotSet {
  try {
    const bytes = fromBase64Url(token);
    writeHead(kind, binding, bytes.subarray(HEAD_BYTES));
    const head = scratch.finish();
    const reader = new ByteReader(bytes);
    for (const byte of isBound ? head : head.subarray(0, 2)) if (reader.u8() !== byte) refuseBytes('another token');
    reader.take(HEAD_BYTES - reader.offset);
    const set = DotSet.ofParts(readDotSetParts(reader));
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

/** What a feed had told of when it gave this token, and how many mends there had been. Throws: CONTEXT_INVALID. */
export function decodePlace(text: string): readonly [seen: DotSet, mends: number] {
  const [token, mends = ''] = text.split('.') as [string, string?]; // a text has one part at least
  return [decodeToken('changes', mends, token), Number(mends)];
}

/** Leaves in `scratch` the format, the kind, and the digest that binds the set to what the token is given for. */
function writeHead(kind: TokenKind, binding: string, body: Uint8Array): void {
  scratch.reset();
  scratch.text(kind);
  scratch.text(binding);
  scratch.raw(body);
  const { hi, lo } = hashBytes(scratch.view());
  if (scratch.length > KEPT_BYTES_MAX) scratch = new ByteWriter();
  scratch.reset();
  scratch.u8(FORMAT);
  scratch.u8(KINDS.indexOf(kind));
  // Measured: spread out of lists the bytes take five times as long.
  for (const lane of [hi, lo]) for (let shift = 24; shift >= 0; shift -= 8) scratch.u8(lane >>> shift);
}
