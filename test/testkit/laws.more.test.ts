import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import {
  type BoundedQueue,
  boundedQueue,
  detectedDamage,
  determinism,
  durableBeforeSent,
  interoperability,
  LawBroken,
  type Outbox,
  partialOrder,
  uniqueNames,
} from '../../src/testkit/index.ts';
import { Disk } from '../../src/testkit/schedule/disk.ts';

const parameters = { seed: 20_261_122, numRuns: 200 };

async function broken(check: () => void | Promise<void>): Promise<LawBroken> {
  try {
    await check();
  } catch (error) {
    expect(error).toBeInstanceOf(LawBroken);
    return error as LawBroken; // checked on the line above
  }
  throw new Error('the law held');
}

describe('uniqueNames', () => {
  type Issuer = { id: number; next: number };
  let lives = 0;
  const issuer = (isNewLife: boolean) => {
    const again = ({ id, next }: Issuer): Issuer => ({ id: isNewLife ? ++lives : id, next });
    return {
      open: (): Issuer => ({ id: ++lives, next: 1 }),
      issue: (one: Issuer): string => `${one.id}.${one.next++}`,
      copy: (one: Issuer): Issuer => ({ ...one }),
      openCopy: again,
      restart: again,
    };
  };
  test('uniqueNames holds for a counter of lives', () => uniqueNames(issuer(true), parameters));
  test('uniqueNames finds a counter that goes on from a copy', async () => {
    const { message, witness } = await broken(() => uniqueNames(issuer(false), parameters));
    expect(message).toMatch(/^L1 unique names: \d+\.\d+ was issued twice/);
    expect((witness as string[]).length).toBeLessThanOrEqual(4); // a list of steps
  });
  test('VersionedKVStore issues no dot twice, on copied and restored disks (L1)', () => {
    type Life = { readonly store: VersionedKVStore<string>; readonly disk: Disk };
    const openOn = async (disk: Disk): Promise<Life> => ({
      disk,
      store: await openStore<string>({ name: 'a', storage: disk }),
    });
    const dots = {
      open: () => openOn(new Disk(memoryStorage())),
      issue: async ({ store }: Life) => {
        const { dot } = await store.put('k', 'v');
        return `${dot.id} ${dot.counter}`;
      },
      restart: async ({ store, disk }: Life) => {
        await disk.cutOff();
        await store.close().catch(() => {});
        return openOn(disk);
      },
      copy: ({ disk }: Life) => disk.image(),
      openCopy: async (image: Awaited<ReturnType<Disk['image']>>) => {
        const disk = new Disk(memoryStorage());
        await disk.write(image);
        return openOn(disk);
      },
    };
    return uniqueNames(dots, { ...parameters, numRuns: 60 });
  });
});

describe('durableBeforeSent', () => {
  type Sender = { pending: string[]; kept: string[]; sent: string[] };
  const outbox = (isHasty: boolean): Outbox<Sender> => ({
    open: () => ({ pending: [], kept: [], sent: [] }),
    begin: (sender) => {
      const name = `w${sender.pending.length + sender.kept.length}`;
      sender.pending.push(name);
      if (isHasty) sender.sent.push(name);
      return name;
    },
    progress: (sender) => {
      const next = sender.pending.shift();
      if (next === undefined) sender.sent.push(...sender.kept.filter((name) => !sender.sent.includes(name)));
      else sender.kept.push(next);
    },
    sent: ({ sent }) => sent,
    restart: ({ kept }) => ({ pending: [], kept, sent: [] }),
    has: ({ kept }, name) => kept.includes(name),
  });
  test('durableBeforeSent holds when a write is sent after its commit', () =>
    durableBeforeSent(outbox(false), parameters));
  test('durableBeforeSent finds one that is sent before', async () => {
    const { message, witness } = await broken(() => durableBeforeSent(outbox(true), parameters));
    expect(message).toMatch(/^L2 durable before sent: w0 was sent, and is gone/);
    expect(witness).toEqual(['begin']);
  });
});

describe('detectedDamage', () => {
  const text = fc.uint8Array({ maxLength: 8 });
  const sum = (bytes: Uint8Array): number => bytes.reduce((all, byte) => (all * 31 + byte + 1) & 0xff, bytes.length);
  const same = (a: Uint8Array, b: Uint8Array): boolean => String(a) === String(b);
  const seal = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, bytes.length, sum(bytes));
  const open = (bytes: Uint8Array): Uint8Array => {
    const inner = bytes.slice(0, -2);
    if (bytes.at(-2) !== inner.length || bytes.at(-1) !== sum(inner)) throw new RangeError('harmed');
    return inner;
  };
  const isRange = (error: unknown): boolean => error instanceof RangeError;
  test('detectedDamage holds for bytes with their length and a sum', () =>
    detectedDamage(text, seal, open, same, isRange, parameters));
  test('detectedDamage finds bytes without', async () => {
    const plain = (bytes: Uint8Array): Uint8Array => bytes.slice();
    const { message } = await broken(() => detectedDamage(text, plain, plain, same, isRange, parameters));
    expect(message).toMatch(/^L20 detected damage: harmed bytes .* opened as bytes .*, and nobody noticed/);
  });
});

describe('boundedQueue', () => {
  const queue = (slack: number): BoundedQueue<Uint8Array[]> => {
    const held = (list: Uint8Array[]): number => list.reduce((sum, { length }) => sum + length, 0);
    return {
      open: () => [],
      offer: (list, bytes) => held(list) + bytes.length <= 32 + slack && list.push(bytes) > 0,
      take: (list) => list.shift(),
      heldBytes: held,
      bytesMax: 32,
    };
  };
  test('boundedQueue holds for a queue that refuses what does not fit', () => boundedQueue(queue(0), parameters));
  test('boundedQueue finds one that is a byte too large', async () => {
    const { message, witness } = await broken(() => boundedQueue(queue(1), { ...parameters, numRuns: 2_000 }));
    expect(message).toMatch(/^L22 bounded queue: it holds 33 bytes and may hold 32/);
    expect((witness as unknown[]).length).toBeLessThanOrEqual(3); // a list of steps
  });
  test('boundedQueue finds one that gives the newest first', async () => {
    const { message } = await broken(() =>
      boundedQueue({ ...queue(0), take: (list: Uint8Array[]) => list.pop() }, parameters),
    );
    expect(message).toMatch(/^L22 bounded queue: took 1 bytes of item 1 instead of 1 bytes of item 0/);
  });
});

describe('interoperability', () => {
  const older = {
    encode: (value: number): Uint8Array => Uint8Array.of(1, value),
    decode: ([version, value = 0]: Uint8Array): number => {
      if (version !== 1) throw new RangeError('unknown version');
      return value;
    },
  };
  const newer = (writes: 1 | 2) => ({
    encode: (value: number): Uint8Array => Uint8Array.of(writes, value),
    decode: ([, value = 0]: Uint8Array): number => value,
  });
  const byte = fc.nat({ max: 255 });
  const same = (a: number, b: number): boolean => a === b;
  test('interoperability holds for a writer that writes what the reader knows', () =>
    interoperability(byte, older, newer(1), same, parameters));
  test('interoperability finds one that does not', async () => {
    const { message, witness } = await broken(() => interoperability(byte, older, newer(2), same, parameters));
    expect(message).toContain('L24 interoperability: what the newer version writes for the older one must be read');
    expect(witness).toBe(0);
  });
});

describe('determinism', () => {
  test('runPlan gives the same trace for the same seed (L25)', () =>
    determinism(async (seed) => (await runPlan(drawPlan(seed, { minutes: 0.02 }))).hash, {
      ...parameters,
      numRuns: 3,
    }));
  test('determinism finds a run that remembers another', async () => {
    let runs = 0;
    const { message } = await broken(() => determinism((seed) => `seed ${seed}, run ${++runs}`, parameters));
    expect(message).toMatch(/^L25 determinism: two runs of seed 0 differ from character 12/);
  });
});

describe('LawParameters', () => {
  afterEach(() => vi.unstubAllEnvs());
  const runs = (given?: { readonly numRuns?: number }): number => {
    let count = 0;
    const compare = (): 'equal' => {
      count += 1;
      return 'equal';
    };
    partialOrder(fc.nat(), compare, given);
    return count;
  };
  test('LawParameters that are not given are taken from CAIRN_RUNS and CAIRN_SEED', () => {
    vi.stubEnv('CAIRN_RUNS', '');
    vi.stubEnv('CAIRN_SEED', '');
    const usual = runs();
    vi.stubEnv('CAIRN_RUNS', '7');
    expect(runs()).toBeLessThan(usual / 10);
    expect(runs({ numRuns: 100 })).toBe(usual);
    vi.stubEnv('CAIRN_SEED', '42');
    expect(() => partialOrder(fc.nat(), () => 'before')).toThrow('Replay: seed 42, path "0');
    vi.stubEnv('CAIRN_RUNS', 'many');
    expect(() => runs()).toThrow('Cannot run the laws: CAIRN_RUNS is "many", give a whole number');
  });
});
