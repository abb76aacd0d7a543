import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader } from '../../src/client/event-stream.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('EventReader', () => {
  it.each([
    ['data: a\n\n', [{ kind: 'message', data: 'a', id: undefined }]],
    ['event: change\ndata: a\ndata:b\n\n', [{ kind: 'change', data: 'a\nb', id: undefined }]],
    [
      'id: 1\n\n: comment\n\ndata: x\n\n',
      [
        { kind: 'id', data: '', id: '1' },
        { kind: 'message', data: 'x', id: '1' },
      ],
    ],
    ['retry: 1\n\n', []],
    ['event: a\n\ndata: b\r\n\r\n', [{ kind: 'message', data: 'b', id: undefined }]],
    ['data: unfinished', []],
    ['data:  two\n\n', [{ kind: 'message', data: ' two', id: undefined }]],
  ])('EventReader reads %j', (text, events) => {
    expect(new EventReader().take(bytes(text))).toEqual(events);
  });

  it('EventReader reads the same however the bytes are cut', () => {
    const text = 'id: ü1\nevent: change\ndata: {"key":"€😀"}\n\n: still here\n\nid: 2\ndata: x\ndata: y\r\n\r\n';
    const whole = new EventReader().take(bytes(text));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes(text).length }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts, bytes(text).length].sort((a, b) => a - b);
        const reader = new EventReader();
        const pieces = at.slice(1).flatMap((end, i) => reader.take(bytes(text).subarray(at[i], end)));
        expect(pieces).toEqual(whole);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
