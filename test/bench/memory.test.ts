import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { benchMemory } from '../../bench/memory.ts';

test('benchMemory in its small size weighs live, overwritten, deleted and reaped keys against the Map', async () => {
  const before = globalThis.gc;
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>; // what the flag makes
  try {
    const figures = await benchMemory({ small: true, isolated: false });
    const of = (name: RegExp): number => figures.find((figure) => name.test(figure.name))?.value ?? Number.NaN;
    expect(figures).toHaveLength(6);
    expect(of(/live key, against/)).toBeGreaterThan(0);
    expect(of(/overwritten key/)).toBeGreaterThan(0);
    expect(of(/deleted key/)).toBeGreaterThan(of(/after reaping/));
  } finally {
    Object.assign(globalThis, { gc: before });
  }
});
