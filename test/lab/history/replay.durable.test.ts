import { beforeEach, describe, expect, it } from 'vitest';
import type { History } from '../../../src/lab/history/git-history.ts';
import { replay } from '../../../src/lab/history/replay.ts';
import type { StorageAt } from '../../../src/lab/history/replay-replicas.ts';
import { differencesFrom, type ReplayResult, resultToJson } from '../../../src/lab/history/replay-result.ts';
import { memoryStorage } from '../../../src/storage/memory.ts';
import type { Storage, StorageEngine } from '../../../src/storage/storage.ts';
import { figuresOf, randomHistory } from './history-oracle.ts';

/** Engines in memory that all stop at once, at a commit that happens or does not: the process is killed there. */
class Machine {
  readonly #engines = new Map<string, StorageEngine>();
  readonly #open = new Set<Storage>();
  commits = 0;
  killAt = Number.POSITIVE_INFINITY;
  isLastKept = false;

  readonly storageAt: StorageAt = (name) => {
    const engine = this.#engines.get(name) ?? memoryStorage();
    this.#engines.set(name, engine);
    return { name: `memory:${name}`, open: async () => this.#guarded(await engine.open()) };
  };

  forget(name: string): void {
    this.#engines.delete(name);
  }

  /** Runs until the kill; what is open then is given up, as by the end of a process. */
  async run(history: History, killAt = Number.POSITIVE_INFINITY): Promise<ReplayResult | undefined> {
    this.commits = 0;
    this.killAt = killAt;
    try {
      return await replay(history, { storageAt: this.storageAt });
    } catch (error) {
      if (this.commits < killAt) throw error;
      return undefined;
    } finally {
      for (const storage of this.#open) await storage.close();
      this.#open.clear();
    }
  }

  #guarded(storage: Storage): Storage {
    this.#open.add(storage);
    return {
      manifest: storage.manifest,
      place: undefined,
      getMany: (keys) => storage.getMany(keys),
      getNow: (key) => storage.getNow?.(key),
      scan: (range) => storage.scan(range),
      commit: async (batch, durability) => {
        this.commits += 1;
        const isKilled = this.commits >= this.killAt;
        if (!isKilled || (this.commits === this.killAt && this.isLastKept)) await storage.commit(batch, durability);
        if (isKilled) throw new Error('killed');
      },
      close: () => {
        this.#open.delete(storage);
        return storage.close();
      },
    };
  }
}

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});

/** Without what an exchange that was cut off and begun again may change. */
const settled = (result: ReplayResult) => resultToJson({ ...result, timeMs: 0, continuedFrom: 0, exchanges: [] });

/** Without bytes: what a durable store says of itself takes some more. */
const counted = (result: ReplayResult) => ({
  ...resultToJson({ ...result, timeMs: 0 }),
  exchanges: result.exchanges.map(({ mode, exchanges, records }) => ({ mode, exchanges, records })),
});

describe('replay with storage', () => {
  it('replay finds the same on durable replicas as in memory, exchange by exchange', async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      machine = new Machine();
      const history = randomHistory(seed, 40);
      const result = (await machine.run(history))!;
      expect(counted(result)).toEqual(counted(await replay(history)));
    }
  });

  it('replay killed at every third commit of its stores goes on and finds exactly the same', async () => {
    const history = randomHistory(4, 24);
    const whole = await replay(history);
    await machine.run(history);
    const commits = machine.commits;
    expect(commits).toBeGreaterThan(100);
    expect(whole.conflicts['write-vs-write'] + whole.conflicts['same-value']).toBeGreaterThan(0);
    const continued = new Set<number>();
    for (let killAt = 1; killAt <= commits; killAt += 3) {
      machine = new Machine();
      machine.isLastKept = killAt % 2 === 0;
      await machine.run(history, killAt);
      const result = (await machine.run(history))!;
      expect(settled(result), `killed at commit ${killAt}`).toEqual(settled(whole));
      continued.add(result.continuedFrom);
    }
    expect(continued.size).toBeGreaterThan(history.length / 3);
  });

  it('replay killed again and again gets through and agrees with the oracle', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      machine = new Machine();
      const history = randomHistory(seed, 30);
      let result: ReplayResult | undefined;
      let runs = 0;
      for (let killAt = 20 + seed; result === undefined; killAt += 7) {
        machine.isLastKept = runs % 2 === 0;
        result = await machine.run(history, killAt);
        runs += 1;
      }
      expect(runs, `seed ${seed}`).toBeGreaterThan(2);
      expect(differencesFrom({ ...figuresOf(history) }, result), `seed ${seed}`).toEqual([]);
      expect(result.tombstones.after, `seed ${seed}`).toBe(0);
    }
  });

  it('replay finds a finished one done, gives its result again, and checks what the replicas show', async () => {
    const history = randomHistory(5, 40);
    const first = (await machine.run(history))!;
    const again = (await machine.run(history))!;
    expect(first.continuedFrom).toBe(0);
    expect(again).toEqual({ ...first, continuedFrom: history.length, timeMs: again.timeMs });
    machine.forget('r1');
    await expect(machine.run(history)).rejects.toThrow('Cannot go on from what "r1" holds: it shows 0 paths');
  });

  it('replay refuses the place of another history', async () => {
    await machine.run(randomHistory(5, 40));
    await expect(machine.run(randomHistory(6, 40))).rejects.toThrow('it is the replay of another history');
  });

  it('replay refuses to go on when a replica is not where it was left', async () => {
    const history = randomHistory(4, 24);
    await machine.run(history, 120);
    machine.forget('r1');
    await expect(machine.run(history)).rejects.toThrow(
      /^Cannot continue at commit \d+: .* does not fit what was noted/,
    );
  });
});
