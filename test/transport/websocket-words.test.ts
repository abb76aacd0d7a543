import { describe, expect, test } from 'vitest';
import { utf8Length } from '../../src/codec/text.ts';
import { closedBecause, closeReason, parseWebSocketAddress } from '../../src/transport/websocket-words.ts';

describe('parseWebSocketAddress', () => {
  test.each([
    ['ws://127.0.0.1:0', { scheme: 'ws:', host: '127.0.0.1', port: 0, path: '/' }],
    [
      'wss://berlin.example/v1/replicate',
      { scheme: 'wss:', host: 'berlin.example', port: undefined, path: '/v1/replicate' },
    ],
    ['WS://[::1]:4040/', { scheme: 'ws:', host: '[::1]', port: 4040, path: '/' }],
  ])('parseWebSocketAddress takes %s apart', (address, parts) => expect(parseWebSocketAddress(address)).toEqual(parts));

  test.each([
    ...['', 'berlin', 'http://berlin', 'ws:', 'ws://', 'ws:///path', 'ws://:80', 'ws://berlin:', 'ws://berlin:65536'],
    ...['ws://u@berlin', 'ws://u:p@berlin', 'ws://berlin?token=1', 'ws://berlin/?token=1', 'ws://berlin/#x'],
    ...[' ws://berlin', 'ws://berlin ', 'ws://ber lin', 'ws://berlin\n', 'ws://a:1:2', 'ws://[::1'],
  ])('parseWebSocketAddress refuses "%s" with a TypeError that does not repeat it', (address) => {
    expect(() => parseWebSocketAddress(address)).toThrow(TypeError);
    expect(() => parseWebSocketAddress(`${address}secret@x?y`)).not.toThrow(/secret/);
  });
});

describe('closeReason', () => {
  test('closeReason fits into a close frame and stays text', () => {
    expect(closeReason('done')).toBe('done');
    expect(closeReason('x'.repeat(200))).toBe('x'.repeat(123));
    expect(closeReason('€'.repeat(200))).toBe('€'.repeat(41));
    expect(utf8Length(closeReason(`x${'🎉'.repeat(99)}`))).toBe(121);
    expect(closeReason('a\ud800b')).toBe('a\ufffdb');
  });
});

describe('closedBecause', () => {
  test.each([
    [1000, '', 'closed by the other side'],
    [1005, '', 'closed by the other side'],
    [1000, 'drained', 'closed by the other side: drained'],
    [1006, '', 'the connection broke'],
    [1009, '', 'a frame was over the limit'],
    [4009, 'at most 9', 'a frame was over the limit: at most 9'],
    [4000, 'x', 'closed by the other side with code 4000: x'],
  ])('closedBecause says of %i "%s": %s', (code, reason, words) => expect(closedBecause(code, reason)).toBe(words));
});
