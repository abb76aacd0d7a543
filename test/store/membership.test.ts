import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { INTERNAL_PREFIX } from '../../src/store/key.ts';
import { idOf, Membership, memberKeyOf, nameOf, replicaIdOf, seenBy } from '../../src/store/membership.ts';
import type { StoreRecord } from '../../src/store/record.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { set, showSet } from '../clock/literals.ts';
import { digest, expectRefused, open, refusalOf, share, shown, versions } from './replicas.ts';

describe('replicaIdOf and nameOf', () => {
  test.each([
    ['a', '1', 'a~1'],
    ['a~b', '1', 'a~b~1'],
    ['~', '1', '~~1'],
    ['__proto__', '\u{1f5ff}', '__proto__~\u{1f5ff}'],
  ])('replicaIdOf %j and %j is %j, and nameOf takes it apart', (name, incarnation, id) => {
    expect(replicaIdOf(name, incarnation)).toBe(id);
    expect(nameOf(id)).toBe(name);
  });

  test('nameOf an id without incarnation is the id', () => {
    expect(['a', '~a', ''].map(nameOf)).toEqual(['a', '~a', '']);
  });
});

describe('Membership', () => {
  test('Membership knows no life of a peer that greeted in another one and told more, before an exchange ended in it', () => {
    const membership = new Membership('a~1', ['a']);
    const lifeOf = (): number | undefined => membership.peers.get('b')?.life;
    membership.advance('b~1', DotSet.empty.addRange('b~1', 1, 3), 7);
    membership.greet('b~1', 7);
    membership.advance('b~1', DotSet.empty.addRange('b~1', 1, 4));
    expect(lifeOf()).toBe(7);
    membership.greet('b~1', 8);
    membership.advance('b~1', set('x1'));
    expect(lifeOf()).toBe(7);
    membership.advance('b~1', DotSet.empty.addRange('b~1', 1, 5));
    expect(lifeOf()).toBe(0);
    membership.advance('b~1', DotSet.empty, 8);
    membership.advance('b~1', DotSet.empty.addRange('b~1', 1, 6));
    expect(lifeOf()).toBe(8);
  });

  test('Membership knows of a member what its present incarnation had seen, by name and by id', () => {
    const membership = new Membership('a~1', ['a']);
    expect(seenBy(membership, 'b~1')).toBeUndefined();
    membership.advance('b~1', set('x1-3'));
    membership.advance('b~1', set('y1'));
    expect(showSet(membership.knowledgeOf('b'))).toBe('x1-3 y1');
    expect(showSet(membership.knowledgeOf('b~1'))).toBe('x1-3 y1');
    expect(seenBy(membership, 'b~2')).toBeUndefined();
    membership.advance('b~2', set('y1'));
    expect([
      seenBy(membership, 'b~1'),
      showSet(membership.knowledgeOf('b')),
      showSet(membership.knowledgeOf('b~1')),
    ]).toEqual([undefined, 'y1', '']);
    expect(showSet(membership.knowledgeOf('stranger'))).toBe('');
    expect(['a', 'a~1', 'a~2', 'b'].map((member) => membership.isSelf(member))).toEqual([true, true, false, false]);
  });
});

describe('Membership of peers', () => {
  test('advance notes the id, what it had seen, and its life where it tells one', () => {
    const membership = new Membership('a~1', ['a']);
    const known = (): unknown => {
      const peer = membership.peers.get('b');
      return peer === undefined ? undefined : [peer.id, showSet(peer.seen), peer.life];
    };
    for (const [id, seen, life, expected] of [
      ['b~1', '', undefined, ['b~1', '', 0]],
      ['b~1', 'x1', undefined, ['b~1', 'x1', 0]],
      ['b~1', 'x1', 7, ['b~1', 'x1', 7]],
      ['b~1', 'x2', 0, ['b~1', 'x1-2', 7]],
      ['b~1', '', 8, ['b~1', 'x1-2', 8]],
      ['b~1', '', 8, ['b~1', 'x1-2', 8]],
      ['b~2', '', undefined, ['b~2', '', 0]],
      ['b~2', '', 9, ['b~2', '', 9]],
      ['b~1', 'y1', undefined, ['b~1', 'y1', 0]],
    ] as const) {
      membership.advance(id, set(seen), life);
      expect(known()).toEqual(expected);
    }
  });

  test('peers have a life where the id told one', () => {
    const membership = new Membership('a~1', ['a']);
    membership.advance('b~1', set('x1'), 5);
    membership.advance('c~1', set('x1'));
    membership.advance('d~2', set(''), 6);
    expect([...membership.peers.values()].map(({ id, life }) => [id, life])).toEqual([
      ['b~1', 5],
      ['c~1', 0],
      ['d~2', 6],
    ]);
  });

  test('idOf and seenBy take a name or an id, and a name that looks like an id', () => {
    const membership = new Membership('a~1', ['a']);
    membership.advance('b~1', set('x1'));
    membership.advance('c~9~2', set('y1'));
    const asked = ['b', 'b~1', 'b~7', 'c~9', 'c~9~2', 'c', 'stranger'];
    expect(asked.map((peer) => idOf(membership, peer))).toEqual([
      ...['b~1', 'b~1', 'b~1', 'c~9~2', 'c~9~2', undefined, undefined],
    ]);
    const seen = ['b~1', 'b~2', 'b', 'c~9~2'].map((id) => seenBy(membership, id));
    expect(seen.map((dots) => dots && showSet(dots))).toEqual(['x1', undefined, undefined, 'y1']);
    expect(showSet(membership.knowledgeOf('c~9'))).toBe('y1');
  });

  test('restore sets what was stored, or that there was nothing', () => {
    const membership = new Membership('a~1', ['a']);
    membership.restore('b', { id: 'b~3', seen: set('x1'), life: 4 });
    expect([idOf(membership, 'b'), membership.peers.get('b')?.life]).toEqual(['b~3', 4]);
    membership.restore('b', undefined);
    expect([idOf(membership, 'b'), membership.peers.size]).toEqual([undefined, 0]);
  });

  test('self is this replica, under its new id too', () => {
    const membership = new Membership('a~1', ['a']);
    membership.self = 'a~2';
    expect(['a', 'a~1', 'a~2'].map((member) => membership.isSelf(member))).toEqual([true, false, true]);
  });

  test('list adds who is a member, takes away who is retired, and looks at no other key of the store', () => {
    const membership = new Membership('a~1', ['a', 'b', 'c']);
    const held: Record<string, string> = {
      [memberKeyOf('d')]: 'x1=member',
      [memberKeyOf('b')]: 'x2=retired',
      [memberKeyOf('c')]: 'x3=member y3=retired',
      [memberKeyOf('e')]: 'x4=something',
      [memberKeyOf('a')]: 'x5',
      [memberKeyOf('f')]: 'x6=other y6=retired',
      [`${INTERNAL_PREFIX}else/g`]: 'x7=member',
    };
    const list = (keys: readonly string[]): string[] =>
      membership.list((key) => ({ versions: versions(held[key] ?? ''), residual: set('') }), keys).sort();
    expect(list(Object.keys(held))).toEqual(['a', 'c', 'd']);
    expect(list([])).toEqual(['a', 'b', 'c']);
    expect(list([memberKeyOf('f'), memberKeyOf('a'), memberKeyOf('e')])).toEqual(['a', 'b', 'c']);
    const withF = new Membership('a~1', ['a', 'f']);
    const record = (key: string): StoreRecord => ({ versions: versions(held[key] ?? ''), residual: set('') });
    expect(withF.list(record, [memberKeyOf('f')])).toEqual(['a']);
  });
});

describe('members', () => {
  test('members are those the store was opened with, with join and retire on top, replicated', async () => {
    const a = await open<string>('a', { members: ['a', 'b'] });
    const b = await open<string>('b', { members: ['b'] });
    expect([a.members(), (await open('c')).members()]).toEqual([['a', 'b'], ['c']]);
    await a.join('c');
    await a.join('c');
    expect(a.members()).toEqual(['a', 'b', 'c']);
    await exchange(a, b);
    expect(b.members().sort()).toEqual(['b', 'c']);
    await b.retire('c');
    await exchange(a, b);
    expect([a.members(), b.members()]).toEqual([['a', 'b'], ['b']]);
    await a.retire('nobody');
    await b.join('c');
    await exchange(a, b);
    expect([a.members().sort(), b.members().sort()]).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
  });

  test('join beside a concurrent retire wins, until somebody decides again', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.join('c');
    await exchange(a, b);
    await a.retire('c');
    await b.retire('c');
    await b.join('c');
    await exchange(a, b);
    expect([a.members(), b.members()]).toEqual([
      ['a', 'c'],
      ['b', 'c'],
    ]);
    await a.retire('c');
    await exchange(a, b);
    expect([a.members(), b.members()]).toEqual([['a'], ['b']]);
  });

  test('join and retire write once, and show in no scan, count, feed or answer', async () => {
    const store = await open<string>('a');
    await store.join('b');
    const seen = store.seen.size;
    await store.join('b');
    expect(store.seen.size).toBe(seen);
    expect([[...store.keys()], [...store.entries()], [...store.conflicts()], store.stats().keys]).toEqual([
      [],
      [],
      [],
      0,
    ]);
    expect((await store.changes({ live: false }).next()).done).toBe(true);
    const [key] = stateOf(store).table.internal;
    expect(await refusalOf(() => store.get(key ?? ''))).toBe('RangeError');
    expect(await refusalOf(() => store.put(key ?? '', 'x'))).toBe('RangeError');
  });

  test.each([['__proto__'], ['\u{1f5ff}'], ['\u0000'], ['b~1'], ['e\u0301']])(
    'join takes the member %j',
    async (member) => {
      const [a, b] = [await open<string>('a'), await open<string>('b')];
      await a.join(member);
      await exchange(a, b);
      expect(b.members()).toEqual(['b', member]);
      await b.retire(member);
      expect(b.members()).toEqual(['b']);
    },
  );

  test('join and retire refuse a name that no peer could be told', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    for (const bad of ['x'.repeat(1_100), '\ud800']) {
      const before = await digest(a);
      for (const attempt of [() => a.join(bad), () => a.retire(bad)]) {
        expect(['TypeError', 'RangeError']).toContain(await refusalOf(attempt));
      }
      expect(await digest(a)).toBe(before);
    }
    expect((await exchange(a, b)).mode).toBe('equal');
  });

  test('join and retire refuse with TypeError what is no name', async () => {
    const store = await open<string>('a');
    for (const bad of ['', undefined, 7] as string[]) {
      await expectRefused(store, 'TypeError', () => store.join(bad));
      await expectRefused(store, 'TypeError', () => store.retire(bad));
    }
  });
});

describe('reap', () => {
  test('reap waits for every member and says for whom, then removes tombstones for good (L11)', async () => {
    const members = ['a', 'b', 'c'];
    const [a, b, c] = await Promise.all(members.map((name) => open<string>(name, { members })));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were opened');
    for (const key of ['k', 'l', 'live']) await a.put(key, 'x');
    for (const key of ['k', 'l']) await a.delete(key);
    expect(await a.reap()).toEqual({
      reaped: 0,
      dots: [],
      waiting: 2,
      waitingFor: new Map([
        ['b', 2],
        ['c', 2],
      ]),
    });
    await exchange(a, b);
    await a.delete('late');
    const report = await a.reap();
    expect([report.reaped, report.waiting, [...report.waitingFor].sort()]).toEqual([
      0,
      3,
      [
        ['b', 1],
        ['c', 3],
      ],
    ]);
    await exchange(a, b);
    await exchange(c, a);
    const done = await a.reap();
    expect([done.reaped, done.dots.length, done.waiting, done.waitingFor.size]).toEqual([3, 3, 0, 0]);
    expect([a.reaped.get('a~1'), a.stats().tombstones, a.stats().reaped, a.stats().reapedByForce]).toEqual([
      6, 0, 3, 0,
    ]);
    expect(shown(await a.get('k'))).toBe('absent');
    expect((await a.reap()).reaped).toBe(0);
    for (let round = 0; round < 2; round += 1) {
      for (const [one, two] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const)
        await exchange(one, two);
      for (const store of [b, c]) await store.reap();
    }
    for (const store of [a, b, c])
      expect([store.stats().tombstones, store.stats().residuals, store.stats().live]).toEqual([0, 0, 1]);
  });

  test('reap goes on without a retired member, and one that returns brings nothing deleted back (L10)', async () => {
    const members = ['a', 'b'];
    const [a, b] = [await open<string>('a', { members }), await open<string>('b', { members })];
    for (const key of ['k', 'l']) await a.put(key, 'x');
    await exchange(a, b);
    await b.put('unsent', 'y');
    await a.delete('k');
    expect((await a.reap()).reaped).toBe(0);
    await a.retire('b');
    expect((await a.reap()).reaped).toBe(1);
    expect((await exchange(b, a)).mode).toBe('reconcile');
    for (const store of [a, b]) expect([...store.keys()]).toEqual(['l', 'unsent']);
  });

  test('reap by force costs at most the flag of a conflict, never a value, and is counted', async () => {
    const members = ['a', 'b'];
    const [a, b] = [await open<string>('a', { members }), await open<string>('b', { members })];
    for (const key of ['k', 'both']) await a.put(key, 'x');
    await exchange(a, b);
    for (const key of ['k', 'both']) await a.delete(key);
    await b.put('both', 'y');
    expect((await a.reap({ force: true })).reaped).toBe(2);
    expect(a.stats()).toMatchObject({ reaped: 0, reapedByForce: 2, tombstones: 0 });
    await exchange(a, b);
    for (const store of [a, b])
      expect([shown(await store.get('k')), shown(await store.get('both'))]).toEqual(['absent', 'live y']);
  });

  test('reap leaves a tombstone beside a value, and one whose record has a residual, even by force', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.put('both', 'x');
    await a.delete('both', { context: 'none' });
    await b.put('k', 'unknown here');
    const stale = await b.record('k');
    await a.delete('k', { context: (await b.get('k')).context });
    expect((await a.reap({ force: true })).reaped).toBe(0);
    expect(a.stats()).toMatchObject({ conflicts: 1, tombstones: 1, residuals: 1 });
    await a.receiveReplica('k', stale);
    expect((await a.reap()).reaped).toBe(1);
    await share(b, a, 'k');
    expect(shown(await a.get('k'))).toBe('absent');
  });

  test('reap takes two concurrent deletes of one key together', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.delete('k');
    await b.delete('k');
    await exchange(a, b);
    const report = await a.reap();
    expect([report.reaped, report.dots.length, a.reaped.get('a~1'), a.reaped.get('b~1')]).toEqual([1, 2, 1, 1]);
  });

  test('reap waits until a member has seen all of two concurrent deletes, not one of them', async () => {
    const members = ['a', 'b'];
    const [a, b, c] = [
      await open<string>('a', { members }),
      await open<string>('b', { members }),
      await open<string>('c'),
    ];
    await a.delete('k');
    await exchange(a, b);
    await c.delete('k');
    await share(c, a, 'k');
    const early = await a.reap();
    expect([early.reaped, early.waiting, [...early.waitingFor]]).toEqual([0, 1, [['b', 1]]]);
    await exchange(a, b);
    expect((await a.reap()).reaped).toBe(1);
    expect([a.reaped.get('a~1'), a.reaped.get('c~1')]).toEqual([1, 1]);
  });

  test('reap fences up to the highest delete of each replica, in whatever order the keys come', async () => {
    const a = await open<string>('a');
    for (const key of ['m', 'z', 'c']) await a.delete(key);
    expect((await a.reap()).reaped).toBe(3);
    expect(a.reaped.get('a~1')).toBe(3);
  });
});
