import { describe, expect, test } from 'vitest';
import { memoryStorage } from '../../src/storage/memory.ts';
import { testStorageLaws } from './suite.ts';

describe('memoryStorage', () => {
  testStorageLaws(memoryStorage);

  test('gives every call bytes of its own', async () => {
    const [one, other] = [await memoryStorage().open(), await memoryStorage().open()];
    await one.commit({ puts: [[Uint8Array.of(1), Uint8Array.of(2)]], deletes: [] }, 'synced');
    expect(await other.getMany([Uint8Array.of(1)])).toEqual([undefined]);
  });

  test('applies nothing of a batch that it cannot read', async () => {
    const storage = await memoryStorage().open();
    const broken = undefined as unknown as Uint8Array;
    const puts = [[Uint8Array.of(1), Uint8Array.of(1)] as const, [Uint8Array.of(2), broken] as const];
    expect(() => storage.commit({ puts, deletes: [] }, 'synced')).toThrow(TypeError);
    expect(await storage.getMany([Uint8Array.of(1)])).toEqual([undefined]);
  });
});
