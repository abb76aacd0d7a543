/** Frames of a link between replicas, as raw bytes: whole ones of every kind of message, and the same cut or flipped. */

import fc from 'fast-check';
import { type LinkMessage, linkFrames } from '../../replica/link-message.ts';
import { replicaIds } from './ids.ts';

/** Raw bytes, and what was done to them. */
export type RawFrame = { readonly bytes: Uint8Array; readonly harm: 'none' | 'cut' | 'flipped' };

/** Frames of at most `frameBytesMax` bytes; each is the first of its message. Valid ones come first in shrinking. */
export function linkFrameBytes(frameBytesMax: number = 1_024): fc.Arbitrary<RawFrame> {
  const whole = messages().map((message) => {
    const [first = new Uint8Array()] = linkFrames(message, frameBytesMax);
    return first;
  });
  const valid = whole.map((bytes): RawFrame => ({ bytes, harm: 'none' }));
  const cut = fc
    .tuple(whole, fc.nat())
    .map(([bytes, at]): RawFrame => ({ bytes: bytes.slice(0, at % bytes.length), harm: 'cut' }));
  const flipped = fc.tuple(whole, fc.nat(), fc.nat({ max: 7 })).map(([bytes, at, bit]): RawFrame => {
    const copy = bytes.slice();
    const where = at % copy.length;
    copy[where] = (copy[where] ?? 0) ^ (1 << bit);
    return { bytes: copy, harm: 'flipped' };
  });
  return fc.oneof(valid, cut, flipped);
}

function messages(): fc.Arbitrary<LinkMessage> {
  const number = fc.integer({ min: 1, max: 300 });
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const body = fc.uint8Array({ maxLength: 64 });
  const isMine = fc.boolean();
  const of = <K extends LinkMessage['kind']>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
  return fc.oneof(
    fc.record({ kind: of('ping') }),
    fc.record({ kind: of('pong') }),
    fc.record({
      kind: of('hello'),
      versionMin: number,
      versionMax: number,
      frameBytesMax: fc.integer({ min: 64, max: 65_536 }),
      id: replicaIds(),
      keyspace: fc.constantFrom('default', 'notes'),
      token: fc.option(text, { nil: undefined }),
    }),
    fc.record({
      kind: of('refuse'),
      versionMin: number,
      versionMax: number,
      code: fc.constant('FORBIDDEN'),
      why: text,
    }),
    fc.record({ kind: of('exchange'), number, isMine, frame: body }),
    fc.record({ kind: of('stop'), number, isMine, code: fc.constant('EXCHANGE_FAILED'), why: text }),
    fc.record({ kind: of('push'), push: body }),
    fc.record({ kind: fc.constantFrom<('ack' | 'want')[]>('ack', 'want'), number }),
    fc.record({ kind: fc.constantFrom<('lost' | 'bye')[]>('lost', 'bye'), why: text }),
    fc.record({ kind: of('ask'), request: number, key: replicaIds() }),
    fc.record({ kind: fc.constantFrom<('give' | 'record')[]>('give', 'record'), request: number, record: body }),
    fc.record({ kind: of('given'), request: number, counts: fc.tuple(number, number, number, number) }),
    fc.record({ kind: of('failed'), request: number, code: fc.constant('BEHIND'), why: text }),
  );
}
