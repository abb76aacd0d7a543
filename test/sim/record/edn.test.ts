import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../../src/sim/draw-plan.ts';
import type { Plan } from '../../../src/sim/plan.ts';
import { toEdn } from '../../../src/sim/record/edn.ts';
import type { TraceEvent } from '../../../src/sim/recorder.ts';
import { type RunResult, runPlan } from '../../../src/sim/run.ts';
import { checkSiblings } from '../../../src/testkit/history/check-siblings.ts';
import { readHistoryText } from '../../../src/testkit/history/formats/formats.ts';
import type { SiblingHistory } from '../../../src/testkit/history/sibling-history.ts';
import { EVENTS } from './events.ts';

const issue = (at: number, process: string, detail: TraceEvent['detail']): TraceEvent => ({
  ...{ at, process, what: 'issue', detail },
});

/** The small trace with what was issued in it; of the batch the trace does not tell all. */
const ISSUED: readonly TraceEvent[] = [
  ...EVENTS,
  issue(1.2, 'amber', { key: 'k', dot: 'amber~i1:1', value: 'v1', over: [] }),
  issue(5.5, 'birch', { key: 'k', dot: 'birch~i1:1', over: ['amber~i1:1'] }),
  issue(7.5, 'birch', { key: 'k', dot: 'birch~i1:2', value: 'v2', over: ['birch~i1:1'] }),
  issue(9, 'amber', { key: 'k', dot: 'amber~i1:2', value: 'v3', over: ['birch~i1:1', 'birch~i1:2'] }),
].toSorted((one, other) => one.at - other.at);

describe('toEdn', () => {
  test('toEdn writes an event a line, ends what never came back, lets nobody go on under its number, and tells of writes that nobody was told of', () => {
    expect(toEdn(ISSUED).split('\n')).toEqual([
      '{:index 0, :process 0, :type :invoke, :f :put, :value ["k" "v1"], :time 1000000}',
      '{:index 1, :process 0, :type :ok, :f :put, :value ["k" "v1"], :time 1500000, :writes [[:put "k" "amber~i1:1" []]]}',
      '{:index 2, :process 1, :type :invoke, :f :get, :value ["k" nil], :time 4000000}',
      '{:index 3, :process 1, :type :ok, :f :get, :value ["k" ["amber~i1:1"]], :time 4000000}',
      '{:index 4, :process 1, :type :invoke, :f :delete, :value ["k" nil], :time 5000000}',
      '{:index 5, :process -1, :type :info, :f :delete, :value ["k" nil], :time 5500000, :writes [[:delete "k" "birch~i1:1" ["amber~i1:1"]]]}',
      '{:index 6, :process 1, :type :info, :f :delete, :value ["k" nil], :time 6000000, :error "A"}',
      '{:index 7, :process 3, :type :invoke, :f :put, :value ["k" "v2"], :time 7000000}',
      '{:index 8, :process 3, :type :fail, :f :put, :value ["k" "v2"], :time 8000000, :error "B"}',
      '{:index 9, :process 0, :type :invoke, :f :batch, :value [["k" "a"] ["v3" "v4"]], :time 9000000}',
      '{:index 10, :process 0, :type :ok, :f :batch, :value [["k" "a"] ["v3" "v4"]], :time 9000000, :writes [[:put "k" "amber~i1:2" ["birch~i1:1"]] [:put "a" "amber~i1:3" nil]]}',
      '{:index 11, :process 0, :type :invoke, :f :get, :value ["a;#" nil], :time 10000000}',
      '{:index 12, :process 0, :type :info, :f :get, :value ["a;#" nil], :time 10000000}',
      '',
    ]);
  });

  test('toEdn tells what a write may have been of which nobody knows the outcome, and where no session was asked for', () => {
    const detail = { client: 0, do: 'put', keys: ['k'], values: ['v1'], isInSession: false };
    const events = [
      { at: 1, process: 'amber', what: 'call', detail },
      issue(2, 'amber', { key: 'k', dot: 'amber~i1:1', value: 'v1', over: [] }),
    ];
    expect(toEdn(events).split('\n')[1]).toBe(
      '{:index 1, :process 0, :type :info, :f :put, :value ["k" "v1"], :time 1000000, :writes [[:put "k" "amber~i1:1" []]], :session false}',
    );
  });

  test('toEdn writes nothing of a trace without clients', () => {
    expect(toEdn(EVENTS.filter(({ what }) => what === 'start'))).toBe('');
  });

  test('toEdn writes of every run what the checker of histories judges: it holds where every law does', async () => {
    let reads = 0;
    for (const profile of ['calm', 'network', 'process', 'membership'] as const) {
      const plan = drawPlan(4, { profile, minutes: 0.3, set: { durability: 'synced' } });
      const { violation, history } = await recorded(plan);
      expect(violation).toBeUndefined();
      expect(checkSiblings(history).violations, profile).toEqual([]);
      for (const { operations } of history.sessions) reads += operations.filter(({ kind }) => kind === 'get').length;
    }
    expect(reads).toBeGreaterThan(30);
  });

  test('toEdn writes what the checker refuses, once a read of it lost one of its siblings', async () => {
    const plan = drawPlan(5, { profile: 'network', minutes: 0.5, set: { hasSessions: true, durability: 'synced' } });
    const { text, history } = await recorded(plan);
    expect(checkSiblings(history).holds).toBe(true);
    const lines = text.split('\n');
    const at = lines.findLastIndex((line) => /:type :ok, :f :get, :value \["[^"]*" \["\S+" "\S+"\]\]/.test(line));
    // Its session has just seen both: that one of them is not shown any more can have no reason.
    const again = lines[at]?.replace(/" \["\S+" /, '" [') ?? '';
    const spoiled = siblingsIn(lines.toSpliced(at + 1, 0, again).join('\n'));
    expect(checkSiblings(spoiled).violations.map(({ pattern }) => pattern)).toContain('MonotonicReads');
  });
});

type Recorded = RunResult & { readonly text: string; readonly history: SiblingHistory };

/** A run as it is read back from its record. */
async function recorded(plan: Plan): Promise<Recorded> {
  const events: TraceEvent[] = [];
  const result = await runPlan(plan, { onEvent: (event) => events.push(event) });
  const text = toEdn(events);
  return { ...result, text, history: siblingsIn(text) };
}

function siblingsIn(text: string): SiblingHistory {
  const given = readHistoryText(text);
  if (given.format !== 'siblings') throw new Error(`it is read as ${given.format}`);
  return given.history;
}
