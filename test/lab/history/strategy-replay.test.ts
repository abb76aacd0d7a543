import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Changes, History } from '../../../src/lab/history/git-history.ts';
import { readHistory } from '../../../src/lab/history/git-history.ts';
import { replay } from '../../../src/lab/history/replay.ts';
import { parseExpected } from '../../../src/lab/history/replay-result.ts';
import { replayUnder } from '../../../src/lab/history/strategy-replay.ts';
import { countOfAnomalies, type StrategyReplayResult } from '../../../src/lab/history/strategy-replay-result.ts';
import { cairn, cairnDeleteWins, cairnLastWriter, cairnUpdateWins } from '../../../src/lab/strategies/cairn.ts';
import { keyStrategy } from '../../../src/lab/strategies/key-strategy.ts';
import {
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  lastWriterByWallClock,
  type Stamped,
  stampedRules,
} from '../../../src/lab/strategies/last-writer.ts';
import type { Strategy } from '../../../src/lab/strategies/strategy.ts';
import { figuresOf, randomHistory } from './history-oracle.ts';

const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
const immer = () => readHistory(example('git-history-immer.jsonl').split('\n'), 'immer');
const expected = parseExpected(example('git-history-immer.expected.json'));
const NONE = { 'write-vs-write': 0, 'same-value': 0, 'delete-vs-write': 0 };

const toy = { source: '', showsConflicts: false } as const;
/** The last writer wins, and a delete leaves no trace. */
const forgetful: Strategy = keyStrategy<Stamped>({
  ...{ ...toy, name: 'forgetful', title: 'forgetful', rule: 'deletes are forgotten' },
  ...stampedRules((_held, seat) => seat.now()),
  kept: (state) => (state.isDelete ? undefined : state),
});
/** The first writer wins. */
const stubborn: Strategy = keyStrategy<Stamped>({
  ...{ ...toy, name: 'stubborn', title: 'stubborn', rule: 'what is there is not overwritten' },
  ...stampedRules((_held, seat) => seat.now()),
  write: (held, { operation, isDelete }, seat) =>
    held === undefined ? { time: seat.now(), tie: seat.index, operation, isDelete } : undefined,
});
/** Nothing ever goes. */
const hoarder: Strategy = keyStrategy<readonly number[]>({
  ...{ ...toy, name: 'hoarder', title: 'hoarder', rule: 'all is kept', showsConflicts: true },
  write: (held = [], { operation, isDelete }) => (isDelete ? held : [...held, operation]),
  merge: (one, other) => [...new Set([...one, ...other])].sort((a, b) => a - b),
  show: (live) => ({ live, deleted: [], passedOver: [] }),
  isEqual: (one, other) => String(one) === String(other),
  versionsIn: ({ length }) => length,
  tombstonesIn: () => [],
  metadataBytes: () => 0,
});

type Step = readonly [
  id: string,
  parents: string,
  time: number,
  ...changes: { readonly [path: string]: string | null }[],
];

const historyOf = (steps: readonly Step[]): History =>
  steps.map(([id, parents, time, ...changes]) => ({
    ...{ id, parents: [...parents], author: 0, time },
    changes: changes.map((map): Changes => new Map(Object.entries(map))),
  }));

/** `KIND PATH of COMMIT at COMMIT (OCCASION)`, and what the head shows wrong, at the head and in the end. */
function findingsOf({ anomalies, atHead, inTheEnd }: StrategyReplayResult): string[] {
  return [
    ...anomalies.map(({ kind, path, commit, at, occasion }) => `${kind} ${path} of ${commit} at ${at} (${occasion})`),
    ...atHead.wrong.map(({ problem, path }) => `head: ${path} ${problem}`),
    ...inTheEnd.wrong.map(({ problem, path }) => `end: ${path} ${problem}`),
  ];
}

const base: Step = ['a', '', 100, { x: '1', y: '1' }];
const lateWrite: Step[] = [base, ['b', 'a', 90, { x: '2' }]];
const lateDelete: Step[] = [base, ['b', 'a', 90, { x: null }]];
const twoWrites: Step[] = [
  base,
  ['b', 'a', 110, { x: '2' }],
  ['c', 'a', 120, { x: '3' }],
  ['d', 'bc', 130, { x: '4' }, { x: '4' }],
];
const sameWrites: Step[] = [base, ['b', 'a', 110, { x: '2' }], ['c', 'a', 120, { x: '2' }], ['d', 'bc', 130, {}, {}]];
const deleteAndWrite: Step[] = [
  base,
  ['b', 'a', 110, { x: null }],
  ['c', 'a', 120, { x: '3' }],
  ['d', 'bc', 130, { x: '3' }, {}],
];
const unmerged: Step[] = [base, ['b', 'a', 110, { x: '2' }], ['c', 'a', 120, { x: '3' }]];
const deletedOnOneSide: Step[] = [
  base,
  ['b', 'a', 110, { x: null }],
  ['c', 'a', 120, { y: '2' }],
  ['d', 'bc', 130, { y: '2' }, { x: null }],
];

describe('replayUnder', () => {
  it('replayUnder gives Cairn the conflicts that the immer history has, and nothing goes wrong', async () => {
    const result = replayUnder(await immer(), cairn);
    expect(result).toMatchObject({ commits: 1_559, merges: 230, tips: 1, settled: 0, anomalies: [] });
    expect({ events: result.events, conflicts: result.met }).toEqual({
      events: expected['events'],
      conflicts: expected['conflicts'],
    });
    expect(result.shown).toEqual(expected['conflicts']);
    const intact = { live: expected['headLive'], wrong: [] };
    expect({ atHead: result.atHead, inTheEnd: result.inTheEnd }).toEqual({ atHead: intact, inTheEnd: intact });
    expect(result.measures).toMatchObject({ writesLost: 0, deletesUndone: 0, falseConflicts: 0, tombstonesLeft: 0 });
  });

  it('replayUnder finds on the immer history what LastWriterWins counts there', async () => {
    const history = await immer();
    const { lastWriterWins } = await replay(history);
    const result = replayUnder(history, lastWriterByWallClock);
    expect({ met: result.met, shown: result.shown }).toEqual({ met: expected['conflicts'], shown: NONE });
    expect(lossesOf(result)).toEqual(lastWriterWins);
  });

  it('replayUnder agrees with an oracle over sets, and with LastWriterWins where clocks are right', async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const history = randomHistory(seed, 60).map((commit, at) => ({ ...commit, time: at }));
      const { events, conflicts } = figuresOf(history);
      const result = replayUnder(history, lastWriterByWallClock);
      expect({ events: result.events, conflicts: result.met }, `seed ${seed}`).toEqual({ events, conflicts });
      expect(lossesOf(result), `seed ${seed}`).toEqual((await replay(history)).lastWriterWins);
    }
  });

  it('replayUnder lets nothing go wrong under Cairn, however wrong the clocks are', () => {
    for (let seed = 1; seed <= 16; seed += 1) {
      const history = randomHistory(seed, 30);
      const { conflicts, headLive } = figuresOf(history);
      const result = replayUnder(history, cairn);
      expect(findingsOf(result), `seed ${seed}`).toEqual([]);
      expect(result.shown, `seed ${seed}`).toEqual(conflicts);
      expect(result.atHead.live, `seed ${seed}`).toBe(headLive);
      expect(result.measures.tombstonesLeft, `seed ${seed}`).toBe(0);
      if (seed > 4) continue;
      for (const strategy of [cairnLastWriter, cairnDeleteWins, cairnUpdateWins])
        expect(findingsOf(replayUnder(history, strategy)), `seed ${seed}, ${strategy.name}`).toEqual([]);
    }
  });

  it('replayUnder gives the same bytes every time', () => {
    const history = randomHistory(7, 30);
    for (const strategy of [cairn, lastWriterByWallClock, hoarder])
      expect(JSON.stringify(replayUnder(history, strategy))).toBe(JSON.stringify(replayUnder(history, strategy)));
  });

  const table: readonly (readonly [string, Step[], Strategy, string[]])[] = [
    [
      'a clock that is behind: wall clocks lose',
      lateWrite,
      lastWriterByWallClock,
      [
        'regressed x of a at b (own write)',
        'hidden x of b at b (own write)',
        'lost x of b at b (end)',
        'head: x wrong',
        'end: x wrong',
      ],
    ],
    ['a clock that is behind: hybrid clocks do not lose', lateWrite, lastWriterByHybridClock, []],
    [
      'a delete by a clock that is behind: it is undone',
      lateDelete,
      lastWriterByWallClock,
      ['undone x of b at b (own write)', 'head: x back', 'end: x back'],
    ],
    ['a delete by a clock that is behind: nothing for Lamport clocks', lateDelete, lastWriterByLamportClock, []],
    ['two writes met: the older is hidden', twoWrites, lastWriterByWallClock, ['hidden x of b at d (merge)']],
    ['two writes met: Cairn shows both', twoWrites, cairn, []],
    ['equal writes met: nothing is hidden', sameWrites, lastWriterByWallClock, []],
    [
      'a delete met a newer write: nobody is told',
      deleteAndWrite,
      lastWriterByWallClock,
      ['delete hidden x of b at d (merge)'],
    ],
    ['a delete met a write, update wins: a rule was told', deleteAndWrite, cairnUpdateWins, []],
    [
      'branches that were not merged: one is lost',
      unmerged,
      lastWriterByWallClock,
      ['hidden x of b at c (end)', 'lost x of b at c (end)'],
    ],
    ['branches that were not merged: Cairn keeps both', unmerged, cairn, []],
    [
      'a delete without a trace: the other line brings the path back',
      deletedOnOneSide,
      forgetful,
      ['undone x of b at d (merge)', 'head: x back', 'end: x back'],
    ],
    [
      'writes refused: nothing is lost, and the paths are old',
      [base, ['b', 'a', 110, { x: '2', y: null, z: '1' }]],
      stubborn,
      ['head: x wrong', 'head: y back', 'end: x wrong', 'end: y back'],
    ],
    [
      'nothing goes: what was overwritten stays beside',
      [base, ['b', 'a', 110, { x: '2' }]],
      hoarder,
      ['false sibling x of a at b (own write)', 'head: x wrong', 'end: x wrong'],
    ],
  ];
  it.each(table)('replayUnder, %s', (_, steps, strategy, findings) => {
    expect(findingsOf(replayUnder(historyOf(steps), strategy))).toEqual(findings);
  });

  it('replayUnder leaves what met as the store shows it, where that alone tells the authors of merges', () => {
    const untold = (steps: readonly Step[], strategy: Strategy): string[] =>
      findingsOf(replayUnder(historyOf(steps), strategy, { toldBy: 'store' }));
    expect(untold(twoWrites, cairn)).toEqual([]);
    expect(untold(twoWrites, lastWriterByWallClock)).toEqual([
      'hidden x of b at d (merge)',
      'lost x of b at d (end)',
      'head: x wrong',
      'end: x wrong',
    ]);
    const deleteMerged: Step[] = [...deleteAndWrite.slice(0, 3), ['d', 'bc', 130, {}, { x: null }]];
    expect(untold(deleteMerged, cairn)).toEqual([]);
    expect(untold(deleteMerged, lastWriterByWallClock)).toEqual([
      'delete hidden x of b at d (merge)',
      'head: x back',
      'end: x back',
    ]);
  });

  it('replayUnder brings deleted files of the immer history back under the last writer, unless git tells of them', async () => {
    const { atHead, inTheEnd } = replayUnder(await immer(), lastWriterByWallClock, { toldBy: 'store' });
    expect(atHead.wrong.map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      'docs/example-reducer.md back',
      'docs/pitfalls.md back',
      'website/docs/introduction.md wrong',
    ]);
    expect(inTheEnd).toEqual(atHead);
    expect(replayUnder(await immer(), cairn, { toldBy: 'store' })).toEqual(replayUnder(await immer(), cairn));
  });

  it('replayUnder counts what was refused, and what a rule settled', () => {
    const refused = replayUnder(historyOf([base, ['b', 'a', 110, { x: '2', z: '1' }]]), stubborn);
    expect(refused.measures).toMatchObject({ refused: 1, acknowledged: 3 });
    const settled = replayUnder(historyOf(deleteAndWrite), cairnUpdateWins);
    expect(settled).toMatchObject({ met: { ...NONE, 'delete-vs-write': 1 }, shown: NONE, settled: 1 });
  });

  it('replayUnder takes paths called __proto__, and paths too long to be keys', () => {
    const long = 'directory/'.repeat(200);
    const changes = new Map([
      ['__proto__', '1'],
      [long, '1'],
    ]);
    const after = new Map([[long, '2']]);
    const result = replayUnder(
      [
        { id: 'a', parents: [], author: 0, time: 2, changes: [changes] },
        { id: 'b', parents: ['a'], author: 0, time: 1, changes: [after] },
      ],
      lastWriterByWallClock,
    );
    expect(result.atHead).toEqual({ live: 2, wrong: [{ path: long, problem: 'wrong', shown: ['1'] }] });
    expect(result.anomalies.every(({ path }) => path === long)).toBe(true);
  });
});

/** In the words of LastWriterWins: a delete that a concurrent write hides is undone there too. */
function lossesOf(result: StrategyReplayResult) {
  const losses = (concurrent: number, clockSkew: number) => ({ total: concurrent + clockSkew, concurrent, clockSkew });
  return {
    writesDropped: losses(countOfAnomalies(result, 'hidden', 'merge'), countOfAnomalies(result, 'hidden', 'own write')),
    deletesUndone: losses(
      countOfAnomalies(result, 'delete hidden', 'merge'),
      countOfAnomalies(result, 'undone', 'own write'),
    ),
  };
}
