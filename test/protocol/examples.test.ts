import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { fromBase64Url } from '../../src/codec/text.ts';
import { freezeValue, valuesEqual } from '../../src/codec/value.ts';
import { decodeValue, encodeValue } from '../../src/codec/value-encoding.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { ExchangeSide } from '../../src/repair/exchange-side.ts';
import { decodePush, encodePush } from '../../src/repair/push-message.ts';
import { PushSender } from '../../src/repair/push-sender.ts';
import { seenBy } from '../../src/store/membership.ts';
import { openStore } from '../../src/store/open-store.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { readText } from '../house/source.ts';

type Example = { readonly title: string; readonly bytes: Uint8Array; readonly frames: readonly string[] };

/** The hex blocks of docs/protocol.md by name: pairs of digits, then two spaces and a comment; `>` and `<` begin a frame. */
const examples = new Map<string, Example>();
for (const block of readText('docs/protocol.md').matchAll(/^```hex (\S+)(.*)\n([\s\S]*?)^```/gm)) {
  const [, name = '', title = '', body = ''] = block;
  const frames: string[] = [];
  for (const line of body.trimEnd().split('\n')) {
    const match = /^([<>]?) *((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2}.*)?$/.exec(line);
    if (match === null) throw new Error(`docs/protocol.md, ${name}: cannot read ${JSON.stringify(line)}`);
    const [, direction = '', digits = ''] = match;
    if (direction !== '' || frames.length === 0) frames.push(`${direction} ${digits}`.trim());
    else frames[frames.length - 1] += ` ${digits}`;
  }
  const hex = frames.map((frame) => frame.replace(/^[<>] /, '')).join(' ');
  examples.set(name, {
    title: title.trim(),
    bytes: Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
    frames,
  });
}

function example(name: string): Example {
  const found = examples.get(name);
  if (found === undefined) throw new Error(`docs/protocol.md has no example ${name}`);
  return found;
}

const open = (name: string, time: number): Promise<VersionedKVStore> =>
  openStore({ name, incarnation: '1', members: ['a', 'b'], env: { now: () => time, random: () => 0 } });

/** A frame as the page writes it, on one line. */
function hexLine(direction: string, frame: Uint8Array): string {
  return `${direction} ${Buffer.from(frame)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')}`;
}

/** Every frame of an exchange as the page writes it: those to the responder first in each flight. */
function framesOf(initiator: VersionedKVStore, responder: VersionedKVStore): string[] {
  const one = new ExchangeSide(initiator, { role: 'initiator', peer: responder.id });
  const two = new ExchangeSide(responder, { role: 'responder', peer: initiator.id });
  const lines: string[] = [];
  const tell = (direction: string, frame: Uint8Array): void => {
    lines.push(hexLine(direction, frame));
  };
  let toTwo = [...one.start()];
  let toOne = [...two.start()];
  while (toOne.length + toTwo.length > 0) {
    for (const frame of toTwo) tell('>', frame);
    for (const frame of toOne) tell('<', frame);
    const fromTwo = toTwo.flatMap((frame) => [...two.receive(frame)]);
    toTwo = toOne.flatMap((frame) => [...one.receive(frame)]);
    toOne = fromTwo;
  }
  return lines;
}

describe('the examples of docs/protocol.md', () => {
  test('decodeValue reads the value, and encodeValue writes it', () => {
    const { bytes } = example('value');
    const value = freezeValue({ name: 'Ada', score: 71.25, tags: ['x'], n: -300, at: new Date(5) });
    expect(encodeValue(value)).toEqual(bytes);
    expect(valuesEqual(decodeValue(bytes), value)).toBe(true);
  });

  test('DotSet reads and writes the dot set', () => {
    const { bytes } = example('dot-set');
    const set = DotSet.empty.addRange('a', 1, 3).add('a', 5).addRange('b', 2, 4);
    expect(set.encode()).toEqual(bytes);
    expect(DotSet.decode(bytes).equals(set)).toBe(true);
  });

  test('record and token are those of a~1', async () => {
    const a = await open('a', 1_000);
    await a.put('k', 'v');
    const record = await a.record('k');
    expect(encodeReplicaRecord(record)).toEqual(example('record').bytes);
    expect(decodeReplicaRecord(example('record').bytes)).toEqual(record);
    const { title, bytes } = example('token');
    expect((await a.get('k')).context).toBe(title);
    expect(fromBase64Url(title)).toEqual(bytes);
    expect((await a.put('k', 'w', { context: title })).dot).toEqual({ id: 'a~1', counter: 2 });
  });

  test('exchange sends the frames of a first and of a second meeting', async () => {
    const [a, b] = [await open('a', 1_000), await open('b', 2_000)];
    await a.put('k', 'v');
    await b.put('k', 'w');
    expect(framesOf(a, b)).toEqual(example('exchange').frames);
    expect((await a.get('k')).status).toBe('conflict');
    expect(framesOf(a, b)).toEqual(example('equal').frames);
  });

  test('exchange sends the frames of a reconcile', async () => {
    const [c, d] = [await open('c', 1_000), await open('d', 2_000)];
    await c.put('k', 'v');
    await c.put('l', 1);
    framesOf(d, c);
    await c.delete('k');
    await c.reap({ force: true });
    expect(framesOf(d, c)).toEqual(example('reconcile').frames);
    expect((await d.get('k')).status).toBe('absent');
  });

  test('PushSender draws the pushes of a chain', async () => {
    const [a, b, c] = [await open('a', 1_000), await open('b', 2_000), await open('c', 3_000)];
    await a.put('k', 'v');
    await b.put('k', 'w');
    await exchange(a, b);
    const sender = new PushSender(a);
    sender.start(seenBy(stateOf(a).membership, b.id) ?? DotSet.empty);
    const lines: string[] = [];
    const draw = async (): Promise<void> => {
      const bytes = (await sender.next()) ?? new Uint8Array(0);
      expect(encodePush(decodePush(bytes))).toEqual(bytes);
      lines.push(hexLine('>', bytes));
    };
    await a.put('l', 'x');
    await draw();
    await c.put('m', 1);
    await exchange(a, c);
    await a.delete('l');
    await draw();
    expect(lines).toEqual(example('push').frames);
  });
});
