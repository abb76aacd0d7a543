import { describe, expect, it } from 'vitest';
import { KeyGate } from '../../src/server/key-gate.ts';

/** A promise that somebody else settles. */
function later(): { readonly promise: Promise<void>; readonly settle: () => void } {
  let settle = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

describe('KeyGate', () => {
  it('KeyGate runs conditional writes of one key one after the other, and other keys beside', async () => {
    const gate = new KeyGate();
    const [first, said] = [later(), [] as string[]];
    const a = gate.alone('k', async () => {
      said.push('a begins');
      await first.promise;
      said.push('a ends');
    });
    const b = gate.alone('k', async () => void said.push('b'));
    const c = gate.beside(['k', 'l'], async () => void said.push('c'));
    await gate.alone('l', async () => void said.push('l'));
    await gate.beside(['m'], async () => void said.push('m'));
    expect(said).toEqual(['a begins', 'l', 'm']);
    first.settle();
    await Promise.all([a, b, c]);
    expect(said.slice(3)[0]).toBe('a ends');
    expect(said.slice(4).sort()).toEqual(['b', 'c']);
  });

  it('KeyGate lets a conditional write wait for what is under way, and plain writes not for one another', async () => {
    const gate = new KeyGate();
    const [one, two, said] = [later(), later(), [] as string[]];
    const plain = [one, two].map(({ promise }, i) =>
      gate.beside(['k'], async () => {
        said.push(`${i}`);
        await promise;
      }),
    );
    const alone = gate.alone('k', async () => void said.push('alone'));
    await Promise.resolve();
    expect(said).toEqual(['0', '1']);
    one.settle();
    await plain[0];
    expect(said).toEqual(['0', '1']);
    two.settle();
    await Promise.all([...plain, alone]);
    expect(said).toEqual(['0', '1', 'alone']);
  });

  it('KeyGate lets a plain write that waited look again: another conditional write may have come before it', async () => {
    const gate = new KeyGate();
    const [first, second, said] = [later(), later(), [] as string[]];
    const alone = [first, second].map(({ promise }, i) =>
      gate.alone('k', async () => {
        said.push(`${i} begins`);
        await promise;
        said.push(`${i} ends`);
      }),
    );
    const plain = gate.beside(['k'], async () => void said.push('plain'));
    first.settle();
    await alone[0];
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual(['0 begins', '0 ends', '1 begins']);
    second.settle();
    await Promise.all([...alone, plain]);
    expect(said.slice(3)).toEqual(['1 ends', 'plain']);
  });

  it('KeyGate opens again when a write fails', async () => {
    const gate = new KeyGate();
    const fail = (): Promise<never> => Promise.reject(new Error('no'));
    await expect(gate.alone('k', fail)).rejects.toThrow('no');
    await expect(gate.beside(['k'], fail)).rejects.toThrow('no');
    expect(await gate.alone('k', async () => 1)).toBe(1);
  });
});
