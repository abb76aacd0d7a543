import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import type { Value } from '../../src/codec/value.ts';
import type { ReplicaRecord } from '../../src/store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { set } from '../clock/literals.ts';
import {
  digest,
  expectRefused,
  hex,
  open,
  recordOf,
  refusalOf,
  SEED,
  share,
  showDots,
  shown,
  versions,
} from './replicas.ts';

describe('receiveReplica', () => {
  //  what is held                  what comes                added  superseded  stale   then shown
  test.each<[string[], [string, string?], string, string, string, string]>([
    [[], [''], '', '', '', 'absent'],
    [[], ['x1=a'], 'x:1', '', '', 'live a'],
    [['x1=a'], ['x1=a'], '', '', '', 'live a'],
    [['x1=a'], ['y1=b'], 'y:1', '', '', 'conflict a|b'],
    [['x1=a'], ['y1=b', 'x1 y1'], 'y:1', 'x:1', '', 'live b'],
    [['x1=a'], ['y1', 'x1 y1'], 'y:1', 'x:1', '', 'deleted'],
    [['x1=a'], ['', 'x1'], '', 'x:1', '', 'absent'],
    [['x2=a'], ['x1=old'], 'x:1', '', '', 'conflict old|a'],
    [['x1=a', 'y1'], ['z1=c', 'x1 y1 z1'], 'z:1', 'x:1 y:1', '', 'live c'],
    [['x1=a', 'y1'], ['x1=a y2=c', 'x1 y1-2'], 'y:2', 'y:1', '', 'conflict a|c'],
  ])(
    'receiveReplica with %j held, given %j, adds %j, supersedes %j, refuses %j',
    async (held, [text, context], ...expected) => {
      const [added, superseded, stale, after] = expected;
      const store = await open<string>('a');
      for (const one of held) await store.receiveReplica('k', recordOf('k', one));
      const result = await store.receiveReplica('k', recordOf('k', text, context));
      expect(showDots(result.added)).toBe(added);
      expect(showDots(result.superseded)).toBe(superseded);
      expect(showDots(result.stale)).toBe(stale);
      expect(result.changed).toBe(added !== '' || superseded !== '');
      expect(result.conflict).toBe(after.startsWith('conflict'));
      expect(result.collisions).toEqual([]);
      expect(shown(await store.get('k'))).toBe(after);
      const again = await store.receiveReplica('k', recordOf('k', text, context));
      expect([again.changed, shown(await store.get('k'))]).toEqual([false, after]);
    },
  );

  test('receiveReplica refuses as stale what a delete has covered, also after the delete was reaped (L10)', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await b.put('k', 'old');
    const stale = await b.record('k');
    await a.receiveReplica('k', stale);
    await a.delete('k');
    for (let round = 0; round < 2; round += 1) {
      const result = await a.receiveReplica('k', stale);
      expect([result.changed, showDots(result.stale)]).toEqual([false, 'b:1']);
      await a.reap();
      expect(shown(await a.get('k'))).toBe('absent');
    }
    await share(a, b, 'k');
    expect(shown(await b.get('k'))).toBe('absent');
  });

  test('receiveReplica raises the fence for a delete that it never shows, and for no other', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await b.delete('k');
    const stale = await b.record('k');
    await a.delete('k', { context: (await b.get('k')).context });
    expect(showDots((await a.receiveReplica('k', stale)).stale)).toBe('b:1');
    expect(a.reaped.get('b~1')).toBe(1);

    const c = await open<string>('c');
    await c.receiveReplica('k', stale);
    await c.put('k', 'over it');
    expect(showDots((await c.receiveReplica('k', stale)).stale)).toBe('b:1');
    expect(c.reaped.size).toBe(0);
    await c.receiveReplica('l', recordOf('l', 'x1=a'));
    expect(showDots((await c.receiveReplica('l', recordOf('l', 'y1=b', 'x1 y1'))).superseded)).toBe('x:1');
    expect(c.reaped.size).toBe(0);
    await c.receiveReplica('l', recordOf('l', 'z1', 'y1 z1'));
    await c.receiveReplica('l', recordOf('l', 'z2=c', 'z1-2'));
    expect([...c.reaped]).toEqual([['z', 1]]);
  });

  test('receiveReplica reports a dot that is held under another key', async () => {
    const store = await open<string>('a');
    await store.receiveReplica('k', recordOf('k', 'x1=a'));
    const { collisions } = await store.receiveReplica('l', recordOf('l', 'x1=b'));
    expect(showDots(collisions)).toBe('x:1');
    expect(store.stats().collisions).toBe(1);
  });

  test('receiveReplica names the id that is in use twice, and its counter', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    const forged = { key: 'k', versions: [], context: DotSet.empty.addRange('a~1', 1, 7) };
    await expect(store.receiveReplica('k', forged)).rejects.toMatchObject({ details: { id: 'a~1', counter: 1 } });
  });

  test('receiveReplica tells the listeners when one version comes for one that goes, and not when nothing changes', async () => {
    const store = await open<string>('a');
    const told: string[] = [];
    await store.receiveReplica('k', recordOf('k', 'x1=a'));
    stateOf(store).listeners.add((keys) => told.push(...keys));
    for (let round = 0; round < 2; round += 1) {
      await store.receiveReplica('k', recordOf('k', 'y1=b', 'x1 y1'));
      expect(told).toEqual(['k']);
    }
    await store.receiveReplica('k', recordOf('k', '', 'y1'));
    expect(told).toEqual(['k', 'k']);
  });

  test('receiveReplica hands over absence with its context: a key that was reaped drops the stale copy of a peer', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.put('k', 'x');
    await share(a, b, 'k');
    await a.delete('k');
    await a.reap();
    expect((await a.record('k')).versions).toEqual([]);
    const result = await b.receiveReplica('k', await a.record('k'));
    expect(showDots(result.superseded)).toBe('a:1');
    expect(shown(await b.get('k'))).toBe('absent');
  });

  const base = recordOf('k', 'x1=a');
  test.each<[string, string, unknown]>([
    ['TypeError', 'no object', null],
    ['TypeError', 'another key', { ...base, key: 'other' }],
    ['TypeError', 'no context', { key: 'k', versions: [] }],
    ['TypeError', 'a context that is no DotSet', { ...base, context: { has: () => true } }],
    ['TypeError', 'versions that are no array', { ...base, versions: 'x1' }],
    ['TypeError', 'a context that lacks its versions', { ...base, context: DotSet.empty }],
    ['TypeError', 'versions out of order', { ...recordOf('k', 'y1=a x1=b') }],
    ['TypeError', 'a version twice', { ...base, versions: versions('x1=a x1=b') }],
    ['RangeError', 'an empty replica id', { ...base, versions: [{ ...base.versions[0], id: '' }] }],
    ['TypeError', 'an id that is no text', { ...base, versions: [{ ...base.versions[0], id: 7 }] }],
    ['RangeError', 'the counter 0', { ...base, versions: [{ ...base.versions[0], counter: 0 }] }],
    ['RangeError', 'the counter 1.5', { ...base, versions: [{ ...base.versions[0], counter: 1.5 }] }],
    ['RangeError', 'a negative time', { ...base, versions: [{ ...base.versions[0], time: -1 }] }],
    ['RangeError', 'no time', { ...base, versions: [{ ...base.versions[0], time: Number.NaN }] }],
    ['TypeError', 'a value that cannot be stored', { ...base, versions: [{ ...base.versions[0], value: () => 1 }] }],
    ['IDENTITY_ALARM', 'a write of its own that it never made', recordOf('k', 'x1=a', 'x1')],
  ])('receiveReplica refuses with %s %s and changes nothing (L21)', async (code, what, bad) => {
    const store = await open('a');
    await store.put('k', 'mine');
    const forged = (bad as ReplicaRecord | null)?.context instanceof DotSet ? (bad as ReplicaRecord) : undefined;
    const record =
      what.startsWith('a write of its own') && forged ? { ...forged, context: forged.context.add('a~1', 2) } : bad;
    await expectRefused(store, code, () => store.receiveReplica('k', record as ReplicaRecord));
  });

  test('receiveReplica says of what is no record that it is none', async () => {
    const store = await open('a');
    for (const bad of [
      undefined,
      null,
      {},
      { ...base, versions: {} },
      { ...base, versions: 'x1' },
      { ...base, context: {} },
    ])
      await expect(store.receiveReplica('k', bad as ReplicaRecord)).rejects.toThrow('it is not a record');
  });

  test('receiveReplica copies and freezes what it is given', async () => {
    const store = await open('a');
    const value: { list: Value[] } = { list: [1] };
    await store.receiveReplica('k', { ...base, versions: [{ id: 'x', counter: 1, time: 5, value }] });
    value.list.push(2);
    expect(Object.isFrozen(value)).toBe(false);
    expect(shown(await store.get('k'))).toBe('live {"list":[1]}');
  });

  test('receiveReplica gives the same bytes in any order, with repetitions, of any record that ever was (L4, L12)', async () => {
    const steps = fc.array(
      fc.tuple(fc.nat({ max: 2 }), fc.constantFrom('put', 'none', 'delete', 'share'), fc.nat({ max: 2 })),
      {
        maxLength: 14,
      },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (list, chance) => {
        const stores = await Promise.all(
          ['a', 'b', 'c'].map((name) => open<string>(name, { onConflict: 'overwrite' })),
        );
        const records: ReplicaRecord[] = [];
        for (const [at, act, from] of list) {
          const [store, other] = [stores[at], stores[from]];
          if (store === undefined || other === undefined) continue;
          if (act === 'put') await store.put('k', `${at}`);
          else if (act === 'none') await store.put('k', `${at}`, { context: 'none' });
          else if (act === 'delete') await store.delete('k');
          else if (store !== other) await share(other, store, 'k');
          records.push(await store.record('k'));
        }
        const read = async (order: readonly ReplicaRecord[]): Promise<string> => {
          const reader = await open<string>('reader');
          for (const record of order) await reader.receiveReplica('k', record);
          return hex(encodeReplicaRecord(await reader.record('k')));
        };
        const shuffled = [...records, ...records].sort(() => (chance.next().value % 3) - 1);
        expect(await read(shuffled)).toBe(await read(records));
      }),
      { seed: SEED, numRuns: 80 },
    );
  });
});

describe('encodeReplicaRecord', () => {
  test('encodeReplicaRecord and decodeReplicaRecord round-trip what a replica hands over', async () => {
    const store = await open('a');
    await store.put('k', { n: 1, when: new Date(3), big: 7n });
    await store.receiveReplica('k', recordOf('k', 'x1=y x4', 'x1-9 z3'));
    const bytes = encodeReplicaRecord(await store.record('k'));
    const record = decodeReplicaRecord(bytes);
    expect(hex(encodeReplicaRecord(record))).toBe(hex(bytes));
    const copy = await open('b');
    await copy.receiveReplica('k', record);
    expect(copy.peek('k').siblings).toEqual(store.peek('k').siblings);
  });

  test('decodeReplicaRecord refuses another version, damage and unsound records', async () => {
    const bytes = encodeReplicaRecord(recordOf('k', 'x1=y x4'));
    const other = Uint8Array.from(bytes);
    other[0] = 2;
    expect(await refusalOf(() => decodeReplicaRecord(other))).toBe('VERSION_UNSUPPORTED');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(await refusalOf(() => decodeReplicaRecord(bytes.subarray(0, length)))).toBe('ENCODING_INVALID');
    }
    expect(await refusalOf(() => decodeReplicaRecord(Uint8Array.of(...bytes, 0)))).toBe('ENCODING_INVALID');
    for (const unsound of [
      { ...recordOf('k', 'y1=a x1=b') },
      { ...recordOf('k', 'x1=a'), versions: versions('x1=a x1=b') },
      { ...recordOf('k', 'x1=a'), context: set('x2') },
      { ...recordOf('k', 'x1=a'), key: '' },
      { ...recordOf('k', 'x1=a'), key: 'k'.repeat(1_025) },
    ]) {
      expect(await refusalOf(() => decodeReplicaRecord(encodeReplicaRecord(unsound)))).toBe('ENCODING_INVALID');
    }
  });

  test('decodeReplicaRecord of any flipped bit is refused, or what is received leaves a sound store', async () => {
    const bytes = encodeReplicaRecord(recordOf('k', 'x1=y x4', 'x1-4 z2'));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const store = await open('a');
      const before = await digest(store);
      const code = await refusalOf(async () => {
        const record = decodeReplicaRecord(flipped);
        await store.receiveReplica(record.key, record);
      });
      expect(['accepted', 'ENCODING_INVALID', 'VERSION_UNSUPPORTED', 'RangeError']).toContain(code);
      if (code === 'accepted')
        for (const [key] of store.entries()) decodeReplicaRecord(encodeReplicaRecord(await store.record(key)));
      else expect(await digest(store)).toBe(before);
    }
  });
});
