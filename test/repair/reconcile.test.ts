import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { ByteReader, ByteWriter } from '../../src/codec/bytes.ts';
import { dotHashHi, dotHashLo, hashText } from '../../src/codec/hash.ts';
import { CausalError } from '../../src/errors.ts';
import { COUNTER_MAX } from '../../src/limits.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { readHash } from '../../src/repair/messages.ts';
import { type DotList, dotListOf, Reconciler } from '../../src/repair/reconcile.ts';
import { set, showSet } from '../clock/literals.ts';
import { digest, expectSame, open, refusalOf, SEED } from '../store/replicas.ts';
import { two } from './pair.ts';

/** The dots of `held` as a side numbers them that shares `common` with its peer. */
function listOf(common: DotSet, held: DotSet): DotList {
  return dotListOf(common, false, (dots, found) => {
    for (const [id, from, to] of held.intersect(dots).ranges()) for (let n = from; n <= to; n += 1) found(id, n, 0);
  });
}

type Outcome = { readonly mine: DotSet; readonly theirs: DotSet; readonly messages: number; readonly bytes: number };

function reconcile(common: DotSet, left: DotSet, right: DotSet): Outcome {
  const [one, other] = [new Reconciler(listOf(common, left)), new Reconciler(listOf(common, right))];
  let body: Uint8Array | undefined = one.start();
  let messages = 0;
  let bytes = 0;
  for (let to: Reconciler = other; body !== undefined; to = to === one ? other : one) {
    messages += 1;
    bytes += body.length;
    expect(messages).toBeLessThan(20);
    body = to.receive(body);
  }
  expect([one.isDone, other.isDone]).toEqual([true, true]);
  return { mine: one.mineOnly, theirs: other.mineOnly, messages, bytes };
}

describe('Reconciler', () => {
  //  both have seen    one holds        the other holds    only one       only the other
  test.each([
    ['', '', '', '', ''],
    ['a1-5', '', '', '', ''],
    ['a1-5', 'a1-5', 'a1-5', '', ''],
    ['a1-5', 'a1-5', '', 'a1-5', ''],
    ['a1-5', '', 'a1-5', '', 'a1-5'],
    ['a1-5', 'a1 a3', 'a3 a5', 'a1', 'a5'],
    ['a1-5 b1-5', 'a1-5', 'b1-5', 'a1-5', 'b1-5'],
    ['a1-5 c2-4', 'a5 c2', 'a1 c4', 'a5 c2', 'a1 c4'],
    ['a2-3', 'a1-9', 'a3', 'a2', ''],
  ])('Reconciler over %j of %j and %j finds %j and %j', (common, left, right, mine, theirs) => {
    const found = reconcile(set(common), set(left), set(right));
    expect([showSet(found.mine), showSet(found.theirs)]).toEqual([mine, theirs]);
  });

  test('Reconciler finds exactly the differences, whatever they are and however many', () => {
    const ids = fc.constantFrom('a', 'b', '\uffff', '\u{1f5ff}');
    const ranges = fc.array(fc.tuple(ids, fc.integer({ min: 1, max: 6_000 }), fc.nat({ max: 900 })), { maxLength: 12 });
    const setOf = (list: readonly [string, number, number][]): DotSet =>
      list.reduce((all, [id, from, length]) => all.addRange(id, from, from + length), DotSet.empty);
    const check = fc.property(ranges, ranges, ranges, fc.boolean(), (both, gone, lost, isNear) => {
      const common = setOf(both);
      const left = isNear ? common.minus(setOf(gone.slice(0, 1))) : common.minus(setOf(gone));
      const right = isNear ? common.minus(setOf(lost.slice(0, 1))) : setOf(lost).intersect(common);
      const found = reconcile(common, left, right);
      expect(showSet(found.mine)).toBe(showSet(left.minus(right)));
      expect(showSet(found.theirs)).toBe(showSet(right.minus(left)));
    });
    fc.assert(check, { seed: SEED, numRuns: 60 });
  });

  test('Reconciler costs little where little differs: 10 dots of 100,000 within 20 kB and 5 messages', () => {
    const common = set('a1-50000 b1-50000');
    const left = common.minus(set('a7 a20000 a49999 b12'));
    const right = common.minus(set('a8 b1 b2 b3 b30000 b50000'));
    const found = reconcile(common, left, right);
    expect([showSet(found.mine), showSet(found.theirs)]).toEqual(['a8 b1-3 b30000 b50000', 'a7 a20000 a49999 b12']);
    expect(found.bytes).toBeLessThan(20_000);
    expect(found.messages).toBeLessThanOrEqual(5);
    expect(reconcile(common, common, common)).toMatchObject({ messages: 2 });
  });

  test('Reconciler refuses damaged bodies with ENCODING_INVALID, or takes them for other ranges', () => {
    const common = set('a1-700 b1-700');
    const [left, right] = [common.minus(set('a5-9')), common.minus(set('b600'))];
    const bodies: Uint8Array[] = [new Reconciler(listOf(common, left)).start()];
    for (let at = 0; at < 2; at += 1) {
      const answer = new Reconciler(listOf(common, at === 0 ? right : left)).receive(bodies[at] as Uint8Array); // one was just put
      if (answer !== undefined) bodies.push(answer);
    }
    for (const body of bodies) {
      for (let bit = 0; bit < Math.min(body.length, 300) * 8; bit += 1) {
        const flipped = Uint8Array.from(body);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        try {
          const reconciler = new Reconciler(listOf(common, right));
          reconciler.receive(flipped);
          expect(right.covers(reconciler.mineOnly) || common.covers(reconciler.mineOnly)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CausalError);
        }
      }
    }
  });

  test.each<[string, number[]]>([
    ['an unknown head', [6]],
    ['the head 3', [3]],
    ['the head 3 before a list', [3, 0, 3, 0]],
    ['the head 6 before a verdict', [6, 0]],
    ['the head 8 before a fingerprint', [8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a listed dot with the counter 0', [1, 2, 0, 1, 0, 0]],
    ['a cut', [0, 1]],
    ['a bound beyond the ids', [1, 3, 0, 0]],
    ['a dot beyond the ids', [2, 1, 2, 1]],
    ['a dot with the counter 0', [2, 1, 1, 0]],
    ['more dots than bytes', [2, 100]],
  ])('Reconciler refuses %s with ENCODING_INVALID', async (_, body) => {
    const reconciler = new Reconciler(listOf(set('a1-3 b1-3'), set('a1-3')));
    expect(await refusalOf(() => reconciler.receive(Uint8Array.from(body)))).toBe('ENCODING_INVALID');
  });

  test('Reconciler takes a verdict on what it holds, and refuses one on what it does not', async () => {
    const common = set('a1-3 b1-3');
    const verdict = (id: number, counter: number): Uint8Array => Uint8Array.of(2, 1, id, counter);
    const reconciler = new Reconciler(listOf(common, set('a1 a3')));
    expect(reconciler.receive(verdict(0, 3))).toBeUndefined();
    expect(showSet(reconciler.mineOnly)).toBe('a3');
    for (const [id, counter] of [[0, 2] as const, [1, 1] as const, [1, 3] as const])
      expect(await refusalOf(() => reconciler.receive(verdict(id, counter)))).toBe('ENCODING_INVALID');
    expect(showSet(reconciler.mineOnly)).toBe('a3');
  });

  test('Reconciler says nothing to a list of what it holds', () => {
    const list = Uint8Array.of(1, 0, 3, 1, 0, 2);
    expect(new Reconciler(listOf(set('a1-3'), set('a2'))).receive(list)).toEqual(new Uint8Array());
    expect(new Reconciler(listOf(set('a1-3'), set('a3'))).receive(list)).toEqual(Uint8Array.of(2, 1, 0, 2));
  });

  test('Reconciler refuses a list that goes on to the end of its range or beyond', async () => {
    const list = (to: number, dot: number): Uint8Array => Uint8Array.of(1, 0, to, 1, 0, dot);
    const take = (body: Uint8Array): Promise<string> =>
      refusalOf(() => new Reconciler(listOf(set('a1-3'), set('a1-3'))).receive(body));
    expect(await Promise.all([take(list(3, 2)), take(list(3, 3)), take(list(2, 3))])).toEqual([
      'accepted',
      'ENCODING_INVALID',
      'ENCODING_INVALID',
    ]);
  });

  test('Reconciler answers a fingerprint unless number and both halves of the hash are those of its own dots', () => {
    const common = set('a1-9');
    const body = new Reconciler(listOf(common, common)).start();
    const isSame = (at: number): boolean => {
      const changed = body.map((byte, index) => (index === at ? byte ^ 1 : byte));
      const reconciler = new Reconciler(listOf(common, common));
      reconciler.receive(changed);
      return reconciler.isDone;
    };
    // The head and the end of the range, then 8 bytes of hash and the number.
    expect([body.length, isSame(-1)]).toEqual([12, true]);
    for (let at = 3; at < body.length; at += 1) expect(isSame(at)).toBe(false);
  });

  test('Reconciler refuses ranges that together go beyond the ids or the greatest counter', async () => {
    const lists = (...ends: [step: number, counter: number][]): Uint8Array => {
      const writer = new ByteWriter();
      for (const [step, counter] of ends) for (const number of [1, step, counter, 0]) writer.varint(number);
      return writer.finish();
    };
    const take = (body: Uint8Array): Promise<string> =>
      refusalOf(() => new Reconciler(listOf(set('a1-3 b1-3'), set('a1'))).receive(body));
    expect(await take(lists([2, 0], [0, 0]))).toBe('accepted');
    expect(await take(lists([2, 0], [1, 0]))).toBe('ENCODING_INVALID');
    expect(await take(lists([0, COUNTER_MAX]))).toBe('accepted');
    expect(await take(lists([0, COUNTER_MAX], [0, 1]))).toBe('ENCODING_INVALID');
  });

  test('Reconciler adds up the hashes of dots, each half by itself', () => {
    const common = set('a1-3');
    const body = new Reconciler(listOf(common, common)).start();
    const hash = hashText('a');
    const sum = (of: typeof dotHashHi): number =>
      [1, 2, 3].reduce((all, counter) => (all + of(hash, counter)) | 0, 0) >>> 0;
    expect(readHash(new ByteReader(body.subarray(3, 11)))).toEqual({ hi: sum(dotHashHi), lo: sum(dotHashLo) });
  });

  test.each([
    [1, 1],
    [400, 1],
    [401, 2],
    [1_000, 3],
    [40_000, 100],
    [200_000, 256],
  ])('Reconciler begins %i dots with %i ranges', (count, ranges) => {
    const common = DotSet.empty.addRange('a', 1, count);
    const dots = listOf(common, common);
    const body = new Reconciler(dots).start();
    const bytes = body.length / ranges;
    expect(bytes).toBeGreaterThanOrEqual(12);
    expect(bytes).toBeLessThan(16);
  });

  test.each([
    ['lists 512 dots where the peer has others', 512, 400, 1, 1],
    ['cuts 513 into sixteen ranges', 513, 400, 0, 16],
    ['lists any number where the peer has none', 513, 0, 1, 1],
  ])('Reconciler %s', (_, here, there, kind, ranges) => {
    const common = DotSet.empty.addRange('a', 1, here);
    const held = there === 0 ? DotSet.empty : DotSet.empty.addRange('a', 1, there);
    const answer = new Reconciler(listOf(common, common)).receive(new Reconciler(listOf(common, held)).start());
    expect([answer?.[0], (answer?.length ?? 0) >= 12 * ranges]).toEqual([kind, true]);
  });

  test('Reconciler answers 64 rounds and no more: PROTOCOL_VIOLATION', async () => {
    const common = set('a1-9');
    const body = new Reconciler(listOf(common, set('a1'))).start();
    const reconciler = new Reconciler(listOf(common, common));
    for (let round = 1; round <= 64; round += 1) expect(reconciler.receive(body)).toBeDefined();
    expect(await refusalOf(() => reconciler.receive(body))).toBe('PROTOCOL_VIOLATION');
  });

  test('Reconciler numbers ids by UTF-8 bytes, so that both sides mean the same', () => {
    const common = DotSet.of(['\u{1f5ff}', '\uffff', 'b', 'a'].map((id) => ({ id, counter: 3 })));
    expect(listOf(common, common).ids).toEqual(['a', 'b', '\uffff', '\u{1f5ff}']);
  });
});

describe('an exchange that reconciles', () => {
  test('drops 10 stale keys among 10,000 for little, and takes nothing else away', async () => {
    const [a, b] = await two();
    await a.batch(Array.from({ length: 10_000 }, (_, at) => ({ put: `key/${at}`, value: `value ${at}` })));
    await exchange(a, b);
    const stale = Array.from({ length: 10 }, (_, at) => `key/${at * 997}`);
    for (const key of stale) await a.delete(key);
    await a.retire('b');
    expect((await a.reap()).reaped).toBe(10);
    await b.put('unsent', 'x');
    const report = await exchange(a, b);
    expect(report).toMatchObject({ mode: 'reconcile', records: 2 });
    expect(report.bytes).toBeLessThan(20_000);
    expect(report.flights).toBeLessThanOrEqual(8);
    expectSame(a, b);
    expect(b.stats()).toMatchObject({ live: 9_991, tombstones: 0 });
    expect(stale.map((key) => b.peek(key).status)).toEqual(stale.map(() => 'absent'));
    expect(await exchange(a, b)).toMatchObject({ mode: 'equal' });
  });

  test('keeps what the one that was away wrote beside the delete, and what it never sent', async () => {
    const [a, b] = await two();
    for (const key of ['stale', 'updated', 'deleted twice']) await a.put(key, 'old');
    await exchange(a, b);
    for (const key of ['stale', 'updated', 'deleted twice']) await a.delete(key);
    await a.reap({ force: true });
    await b.put('updated', 'new');
    await b.delete('deleted twice');
    await b.put('unsent', 'x');
    await exchange(a, b);
    expectSame(a, b);
    expect([...a.keys()]).toEqual(['unsent', 'updated']);
    expect(a.peek('deleted twice').status).toBe('deleted');
  });

  test('is not needed by replicas that have seen nothing in common, whatever was reaped', async () => {
    const [a, b] = await two();
    await a.put('k', 'x');
    await a.delete('k');
    await a.reap({ force: true });
    await b.put('l', 'y');
    expect(await exchange(a, b)).toMatchObject({ mode: 'difference', records: 1 });
    expectSame(a, b);
    const third = await open<string>('c');
    const before = await digest(a);
    expect((await exchange(a, third, { oneWay: true })).mode).toBe('difference');
    expect(await digest(a)).toBe(before);
    expectSame(a, third);
  });
});
