import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/lab/cluster/trace.ts';
import { MEASURE_NAMES } from '../../../src/lab/experiment/measures.ts';
import { clientsIn, runSetting } from '../../../src/lab/experiment/run-setting.ts';
import type { ScriptStep, Setting } from '../../../src/lab/scenario/setting.ts';
import { cairn, cairnDeleteWins, cairnLastWriter, cairnUpdateWins } from '../../../src/lab/strategies/cairn.ts';
import {
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  lastWriterByWallClock,
} from '../../../src/lab/strategies/last-writer.ts';
import { LIVELY } from '../lively-setting.ts';

const SEEDS = [1, 2, 3];
const CAIRN = [cairn, cairnLastWriter, cairnDeleteWins, cairnUpdateWins];
const LAST_WRITER = [lastWriterByWallClock, lastWriterByHybridClock, lastWriterByLamportClock];

const constant = { kind: 'constant', ms: 1 } as const;

/** Two replicas that never lose a message and exchange when they are told to. */
function quiet(steps: readonly ScriptStep[], more: Partial<Setting> = {}): Setting {
  return {
    ...{ ...LIVELY, replicas: 2, r: 1, w: 1, faults: [], clockSkewMs: 0, settleMs: 1_000 },
    network: {
      ...{ name: 'quiet', loss: 0, duplicate: 0 },
      latency: { write: constant, acknowledge: constant, request: constant, response: constant },
    },
    workload: { kind: 'script', steps },
    ...more,
  };
}

describe('runSetting', () => {
  test.each(CAIRN)('$name: nothing is lost, undone, hidden or falsely in conflict, whatever happens', (strategy) => {
    for (const seed of SEEDS) {
      const { measures, anomalies } = runSetting(strategy, LIVELY, seed);
      expect(anomalies).toEqual([]);
      expect(measures.acknowledged).toBeGreaterThan(400);
      expect(measures.convergedMs).not.toBeNull();
      expect(measures.tombstonesLeft).toBe(0);
      expect(measures.tombstonesMost).toBeGreaterThan(0);
    }
  });

  test.each(LAST_WRITER)('$name: acknowledged writes are lost, and replicas agree on that', (strategy) => {
    for (const seed of SEEDS) {
      const { measures } = runSetting(strategy, LIVELY, seed);
      expect(measures.writesLost).toBeGreaterThan(10);
      expect(measures.diverged).toBe(0);
      expect(measures.siblingsMax).toBe(1);
      expect(measures.tombstonesLeft).toBeGreaterThan(0);
    }
  });

  test('lww-wall: a delete by a clock that is behind is undone; a Lamport clock never is', () => {
    const undone = (strategy: typeof cairn): number =>
      SEEDS.reduce((sum, seed) => sum + (runSetting(strategy, LIVELY, seed).measures.deletesUndone ?? 0), 0);
    expect(undone(lastWriterByWallClock)).toBeGreaterThan(0);
    expect(undone(lastWriterByLamportClock)).toBe(0);
  });

  test('the same arguments give the same result, and another seed another', () => {
    const [one, again, other] = [1, 1, 2].map((seed) => JSON.stringify(runSetting(cairn, LIVELY, seed)));
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test('clients do the same under every strategy until they are shown something else', () => {
    const operations = [cairn, lastWriterByWallClock].map((strategy) => {
      const asked: string[] = [];
      const trace = (event: TraceEvent): void => {
        if (event.kind === 'operation') asked.push(`${event.at} ${event.client} ${event.key} ${event.isDelete}`);
      };
      runSetting(strategy, LIVELY, 3, { trace });
      return asked.slice(0, 200);
    });
    expect(operations[0]).toEqual(operations[1]);
  });

  test('a trace says in order of time what happened, and each message that arrives was sent', () => {
    const events: TraceEvent[] = [];
    const { anomalies } = runSetting(lastWriterByWallClock, LIVELY, 1, { trace: (event) => events.push(event) });
    expect(events.every(({ at }, place) => at >= (events[place - 1]?.at ?? 0))).toBe(true);
    const sent = new Set(events.flatMap((event) => (event.kind === 'sent' ? [event.message] : [])));
    for (const event of events)
      if (event.kind === 'arrived' || event.kind === 'lost') expect(sent.has(event.message)).toBe(true);
    expect(events.filter(({ kind }) => kind === 'anomaly')).toHaveLength(anomalies.length);
    expect(new Set(events.map(({ kind }) => kind)).size).toBeGreaterThan(8);
  });

  test('a trace changes nothing', () =>
    expect(runSetting(cairn, LIVELY, 4, { trace: () => undefined }).measures).toEqual(
      runSetting(cairn, LIVELY, 4).measures,
    ));

  test('every measure is there', () =>
    expect(Object.keys(runSetting(cairn, LIVELY, 1).measures)).toEqual(MEASURE_NAMES));

  test('a replica that forgets everything is told again, and its former life is nobody else', () => {
    const setting: Setting = { ...LIVELY, w: 3, faults: [{ kind: 'forget', atMs: 700, replica: 2 }] };
    for (const seed of SEEDS) {
      const { measures } = runSetting(cairn, setting, seed);
      expect([measures.falseConflicts, measures.deletesUndone, measures.diverged]).toEqual([0, 0, 0]);
    }
  });

  test('strict quorums never read stale, and a client that coordinates holds nothing that is read', () => {
    const workload = { kind: 'probe', clients: 4, probesEach: 40, afterMs: [0, 1, 5], gapMs: 20 } as const;
    const background = { ...LIVELY.background, exchangeEveryMs: undefined, hints: undefined, readRepair: false };
    const setting: Setting = { ...LIVELY, replicas: 3, coordinator: 'client', workload, background, faults: [] };
    for (const strategy of [cairn, lastWriterByHybridClock]) {
      const staleAt = (r: number, w: number): number | null =>
        runSetting(strategy, { ...setting, r, w }, 1).measures.staleReads;
      expect([staleAt(2, 2), staleAt(3, 1), staleAt(1, 3)]).toEqual([0, 0, 0]);
      expect(staleAt(1, 1)).toBeGreaterThan(0);
    }
  });

  test('two phones that edit offline: Cairn shows both edits, last writer drops one', () => {
    const steps: readonly ScriptStep[] = [
      { atMs: 0, client: 0, do: 'put', key: 'meeting' },
      { atMs: 200, client: 0, do: 'update', key: 'meeting' },
      { atMs: 210, client: 1, do: 'update', key: 'meeting' },
      { atMs: 900, client: 0, do: 'read', key: 'meeting' },
    ];
    const setting = quiet(steps, { faults: [{ kind: 'away', atMs: 100, forMs: 300, replica: 1 }] });
    const [kept, dropped] = [cairn, lastWriterByWallClock].map((strategy) => runSetting(strategy, setting, 1).measures);
    expect([kept?.writesLost, kept?.siblingsMax]).toEqual([0, 2]);
    expect([dropped?.writesLost, dropped?.siblingsMax]).toEqual([1, 1]);
  });

  test('a crashed replica answers nobody: its clients fail, and it keeps what it had', () => {
    const steps: readonly ScriptStep[] = [
      { atMs: 0, client: 1, do: 'put', key: 'k' },
      { atMs: 100, client: 1, do: 'put', key: 'k' },
      { atMs: 300, client: 1, do: 'read', key: 'k' },
    ];
    const setting = quiet(steps, { faults: [{ kind: 'crash', atMs: 50, forMs: 100, replica: 1 }] });
    const { measures } = runSetting(cairn, setting, 1);
    expect([measures.acknowledged, measures.availability, measures.writesLost]).toEqual([1, 0.666667, 0]);
  });

  test('clientsIn: a script has as many clients as its steps name', () =>
    expect(clientsIn({ kind: 'script', steps: [{ atMs: 0, client: 4, do: 'read', key: 'k' }] })).toBe(5));
});
