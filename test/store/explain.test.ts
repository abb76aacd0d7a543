import { describe, expect, it } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { KIND, textKey } from '../../src/store/durable/layout.ts';
import { openStore } from '../../src/store/open-store.ts';
import { deleteWins, lastWriter } from '../../src/store/resolve.ts';

const open = (name: string, options: object = {}) => openStore<unknown>({ name, incarnation: '1', ...options });

describe('explain', () => {
  it('explain tells of an absent key what would be refused of it', async () => {
    const a = await open('a');
    expect(await a.explain('k')).toEqual({
      ...{ key: 'k', status: 'absent', isDecided: false, versions: [], context: [], reapedUpTo: {} },
      ...{ reaping: undefined, lost: undefined },
    });
    await a.put('k', 1);
    await a.delete('k');
    await a.reap();
    expect(await a.explain('k')).toMatchObject({
      status: 'absent',
      context: [{ id: 'a~1', covered: [[1, 2]], held: [], refused: [] }],
      reapedUpTo: { 'a~1': 2 },
    });
  });

  it('explain names the versions of a conflict, each with those it is concurrent with', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await a.put('k', 1);
    await exchange(a, b);
    await a.put('k', 2);
    await b.delete('k');
    await exchange(a, b);
    const { status, isDecided, versions, context, reaping } = await a.explain('k');
    expect({ status, isDecided, reaping }).toEqual({ status: 'conflict', isDecided: false, reaping: undefined });
    expect(versions).toMatchObject([
      {
        sibling: { dot: { id: 'a~1', counter: 2 }, value: 2 },
        isShown: true,
        concurrentWith: [{ id: 'b~1', counter: 1 }],
        supersedes: 'share',
      },
      {
        sibling: { dot: { id: 'b~1', counter: 1 }, tombstone: true },
        isShown: true,
        concurrentWith: [{ id: 'a~1', counter: 2 }],
        supersedes: 'share',
      },
    ]);
    expect(context).toEqual([
      { id: 'a~1', covered: [[1, 2]], held: [2], refused: [] },
      { id: 'b~1', covered: [[1, 1]], held: [1], refused: [] },
    ]);
  });

  it.each([
    ['a resolver', { resolver: lastWriter }, 'live', [false, true]],
    ['a resolver that shows the delete', { resolver: deleteWins }, 'deleted', [false, true]],
    ['the delete policy', { deletePolicy: 'update-wins' }, 'live', [true, false]],
  ] as const)('explain says what %s chose', async (_, options, status, shown) => {
    const [a, b] = [await open('a', options), await open('b')];
    await a.put('k', 1);
    await b.put('k', 2);
    if (shown[0] || status === 'deleted') await b.delete('k');
    await new Promise((resolve) => setTimeout(resolve, 0));
    await exchange(a, b);
    const explanation = await a.explain('k');
    expect(explanation).toMatchObject({ status, isDecided: true });
    expect(explanation.versions.map(({ isShown }) => isShown)).toEqual(shown);
  });

  it('explain says what a residual refuses, and that a tombstone with one stays', async () => {
    const [a, b, c] = [await open('a'), await open('b'), await open('c')];
    await a.put('other', 0);
    const { context } = await a.put('k', 1);
    await exchange(a, b);
    await c.delete('k', { context });
    expect(await c.explain('k')).toMatchObject({
      context: [
        { id: 'a~1', covered: [[1, 2]], held: [], refused: [[1, 2]] },
        { id: 'c~1', covered: [[1, 1]], held: [1], refused: [] },
      ],
      reaping: { canBeReaped: false, hasResidual: true, waitsFor: [] },
    });
    await c.receiveReplica('other', await a.record('other'));
    expect((await c.explain('k')).context[0]).toMatchObject({ covered: [[1, 2]], refused: [[2, 2]] });
    await exchange(b, c);
    expect(await c.explain('k')).toMatchObject({
      context: [{ refused: [] }, { refused: [] }],
      reaping: { canBeReaped: true, hasResidual: false, waitsFor: [] },
    });
  });

  it('explain names the members that a tombstone waits for', async () => {
    const [a, b] = [await open('a', { members: ['a', 'b', 'c'] }), await open('b')];
    await exchange(a, b);
    await a.put('k', 1);
    await exchange(a, b);
    await a.delete('k');
    const lacks = [{ id: 'a~1', counter: 2 }];
    expect((await a.explain('k')).reaping).toEqual({
      canBeReaped: false,
      hasResidual: false,
      waitsFor: [
        { member: 'b', isMet: true, lacks },
        { member: 'c', isMet: false, lacks },
      ],
    });
    await exchange(a, b);
    expect((await a.explain('k')).reaping?.waitsFor.map(({ member }) => member)).toEqual(['c']);
  });

  it('explain tells of a damaged key what was lost of it', async () => {
    const storage = memoryStorage();
    const before = await open('a', { storage });
    await before.put('k', 'precious');
    await before.put('other', 1);
    await before.close();
    await damage(storage, 'k');
    const after = await openStore({ storage });
    const explanation = await after.explain('k');
    expect(explanation).toMatchObject({ status: 'damaged', versions: [], lost: [{ id: 'a~1', counter: 1 }] });
    expect(await after.explain('other')).toMatchObject({ status: 'live', lost: undefined });
    await after.close();
  });

  it('explain refuses what is no key', async () => {
    await expect((await open('a')).explain('')).rejects.toThrow(RangeError);
  });

  it('explain says that one version alone is shown and decided by nobody, also where its value is handed out as a copy', async () => {
    const store = await open('a');
    await store.put('k', 'v');
    await store.put('date', { when: new Date(5) });
    await store.delete('gone');
    await store.delete('gone twice');
    await store.delete('gone twice', { context: 'none' });
    for (const [key, shown, status] of [
      ['k', [true], 'live'],
      ['date', [true], 'live'],
      ['gone', [true], 'deleted'],
      ['gone twice', [true, true], 'deleted'],
    ] as const) {
      const { isDecided, versions, status: found } = await store.explain(key);
      expect([key, found, isDecided, versions.map(({ isShown }) => isShown)]).toEqual([key, status, false, shown]);
      const expected = shown.length > 1 ? 'share' : 'all';
      expect(versions.map(({ supersedes }) => supersedes)).toEqual(shown.map(() => expected));
    }
  });
});

async function damage(engine: StorageEngine, key: string): Promise<void> {
  const storage = await engine.open();
  const at = textKey(KIND.record, key);
  const [bytes] = await storage.getMany([at]);
  const changed = bytes!.slice();
  changed[3]! ^= 1;
  await storage.commit({ puts: [[at, changed]], deletes: [] }, 'synced');
  await storage.close();
}
