import { describe, expect, test } from 'vitest';
import { replaceMember } from '../../src/replica/replace-member.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { digest, open, refusalOf } from '../store/replicas.ts';

describe('replaceMember', () => {
  test('replaceMember retires one and joins the other in one commit, once', async () => {
    const store = await open<string>('a', { members: ['a', 'b'] });
    let commits = 0;
    stateOf(store).listeners.add(() => commits++);
    await replaceMember(store, 'b', 'c');
    expect([store.members(), commits, store.seen.size]).toEqual([['a', 'c'], 1, 2]);
    await replaceMember(store, 'b', 'c');
    expect([commits, store.seen.size]).toEqual([1, 2]);
  });

  test.each([
    ['c', 'c'],
    ['c', ''],
    ['', 'c'],
    ['c', '\ud800'],
  ])('replaceMember refuses %j by %j and changes nothing', async (old, by) => {
    const store = await open<string>('a', { members: ['a', 'c'] });
    const before = await digest(store);
    expect(['TypeError', 'RangeError']).toContain(await refusalOf(() => replaceMember(store, old, by)));
    expect(await digest(store)).toBe(before);
  });

  test('replaceMember of a durable store is there when it is opened again', async () => {
    const storage = memoryStorage();
    const store = await open<string>('a', { members: ['a', 'b'], storage });
    await replaceMember(store, 'b', 'c');
    await store.close();
    const again = await open<string>('a', { storage });
    expect(again.members()).toEqual(['a', 'c']);
    await again.close();
    expect(await refusalOf(() => replaceMember(again, 'c', 'd'))).toBe('STORE_CLOSED');
  });
});
