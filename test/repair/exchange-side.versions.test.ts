/**
 * Two versions of the protocol: what each says is pinned to golden bytes, a side follows an older one, and only the newer
 * notices that one dot stands for two writes. Law: L23, L24.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ExchangeSide } from '../../src/repair/exchange-side.ts';
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../../src/repair/messages.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { expectSame, hex, recordOf, shown } from '../store/replicas.ts';

type Store = VersionedKVStore<string>;
type Spoken = readonly [initiator: number | undefined, responder: number | undefined];

const open = (name: string): Promise<Store> =>
  openStore<string>({ name, incarnation: '1', members: ['a', 'b'], env: { now: () => 1_000, random: () => 0 } });

/** What an exchange says, line by line; `>` is the initiator. */
function said(a: Store, b: Store, [one, other]: Spoken): string[] {
  const versioned = (version: number | undefined): { readonly version?: number } =>
    version === undefined ? {} : { version };
  const first = new ExchangeSide(a, { role: 'initiator', peer: b.id, ...versioned(one) });
  const second = new ExchangeSide(b, { role: 'responder', peer: a.id, ...versioned(other) });
  const lines: string[] = [];
  let [toSecond, toFirst] = [[...first.start()], [...second.start()]];
  while (toSecond.length + toFirst.length > 0) {
    lines.push(...toSecond.map((frame) => `> ${hex(frame)}`), ...toFirst.map((frame) => `< ${hex(frame)}`));
    const fromSecond = toSecond.flatMap((frame) => [...second.receive(frame)]);
    toSecond = toFirst.flatMap((frame) => [...first.receive(frame)]);
    toFirst = fromSecond;
  }
  const failure = first.failure ?? second.failure;
  return failure === undefined ? lines : [...lines, failure.code];
}

/** Two that have seen the same, and hold two writes under one dot of `x`. */
async function collided(): Promise<readonly [Store, Store]> {
  const [a, b] = [await open('a'), await open('b')];
  await a.receiveReplica('k', recordOf('k', 'x1=red'));
  await b.receiveReplica('l', recordOf('l', 'x1=blue'));
  return [a, b];
}

const STORIES: Readonly<Record<string, (spoken: Spoken) => Promise<string[]>>> = {
  'a first and a second meeting': async (spoken) => {
    const [a, b] = [await open('a'), await open('b')];
    await a.put('k', 'v');
    await b.put('k', 'w');
    return [...said(a, b, spoken), 'again', ...said(a, b, spoken)];
  },
  'a reconcile': async (spoken) => {
    const [a, b] = [await open('a'), await open('b')];
    await a.put('k', 'v');
    await a.put('l', 'w');
    said(b, a, spoken);
    await a.delete('k');
    await a.reap({ force: true });
    return said(b, a, spoken);
  },
  'one dot for two writes': async (spoken) => {
    const [a, b] = await collided();
    return said(a, b, spoken);
  },
};

const VERSIONS = Array.from(
  { length: PROTOCOL_VERSION - PROTOCOL_VERSION_MIN + 1 },
  (_, at) => PROTOCOL_VERSION_MIN + at,
);

describe('ExchangeSide', () => {
  for (const version of VERSIONS) {
    const place = new URL(`../vectors/exchange/v${version}/golden.json`, import.meta.url);
    const golden = JSON.parse(readFileSync(place, 'utf8')) as Readonly<Record<string, readonly string[]>>; // written by us
    test.each(Object.entries(STORIES))(`says the golden bytes of version ${version}: %s`, async (is, tell) => {
      expect(await tell([version, version])).toEqual(golden[is]);
    });

    test(`as a responder follows an initiator that speaks version ${version}`, async () => {
      for (const [is, tell] of Object.entries(STORIES)) {
        if (is === 'a reconcile') continue; // there the responder of one exchange has news in the next, and speaks first
        expect(await tell([version, undefined])).toEqual(golden[is]);
      }
    });
  }

  test('is told by a peer of the release before which version that speaks', async () => {
    const [a, b] = await collided();
    expect(() => said(a, b, [2, 1])).toThrow(
      expect.objectContaining({ code: 'VERSION_UNSUPPORTED', details: expect.objectContaining({ versionMax: 1 }) }),
    );
  });

  test('refuses to speak a version that it does not know', async () => {
    const store = await open('a');
    for (const version of [0, PROTOCOL_VERSION + 1, 1.5])
      expect(() => new ExchangeSide(store, { role: 'initiator', version })).toThrow(RangeError);
  });

  test('makes siblings of two writes under one dot, of which version 1 knows nothing', async () => {
    const [a, b] = await collided();
    said(a, b, [1, 1]);
    expect([shown(await a.get('l')), shown(await b.get('k'))]).toEqual(['absent', 'absent']);
    for (let more = 0; more < 3; more += 1) said(a, b, [2, 2]);
    expectSame(a, b);
    for (const store of [a, b]) {
      expect((await store.getMany(['k', 'l'])).map(shown)).toEqual(['live red', 'live blue']);
      expect(store.stats().collisions).toBe(1);
    }
    expect(said(a, b, [2, 2]).at(-1)?.slice(0, 6)).toBe('< 0201');
  });
});
