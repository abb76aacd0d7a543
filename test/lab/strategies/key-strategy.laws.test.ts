import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cassandra } from '../../../src/lab/strategies/cassandra.ts';
import { couchDb } from '../../../src/lab/strategies/couchdb.ts';
import { dvv } from '../../../src/lab/strategies/dvv.ts';
import {
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  lastWriterByWallClock,
} from '../../../src/lab/strategies/last-writer.ts';
import { riakDelay, riakImmediate, riakKeep } from '../../../src/lab/strategies/riak.ts';
import { scalar, scalarWithTombstones } from '../../../src/lab/strategies/scalar.ts';
import type { Strategy } from '../../../src/lab/strategies/strategy.ts';
import { versionVectorsByClient } from '../../../src/lab/strategies/vv-client.ts';
import { versionVectorsByServer } from '../../../src/lab/strategies/vv-server.ts';
import { isSameShown } from '../../../src/lab/truth/judge.ts';
import { BLIND, Play } from './play.ts';

type Step = {
  readonly at: number;
  readonly do: 'put' | 'blind put' | 'delete' | 'exchange' | 'tick';
  readonly to: number;
};

const place = fc.integer({ min: 0, max: 2 });
const steps = fc.array(
  fc.record<Step>({
    at: place,
    do: fc.constantFrom('put', 'put', 'blind put', 'delete', 'exchange', 'tick'),
    to: place,
  }),
  { maxLength: 14 },
);

function played(strategy: Strategy, history: readonly Step[]): Play {
  const play = new Play(strategy, 3);
  for (const step of history) {
    if (step.do === 'put') play.put(step.at);
    else if (step.do === 'blind put') play.put(step.at, { ...BLIND, client: `client-${step.at + 1}-${step.to}` });
    else if (step.do === 'delete') play.delete(step.at);
    else if (step.do === 'tick') play.clocks[step.at] = (play.clocks[step.at] ?? 0) + 1 + step.to;
    else if (step.at !== step.to) play.exchange(step.at, step.to);
  }
  return play;
}

/** Plays random histories and looks at what the three replicas hold then. */
function forAll(strategy: Strategy, check: (play: Play) => void): void {
  fc.assert(
    fc.property(steps, (history) => check(played(strategy, history))),
    { seed: 7, numRuns: 500 },
  );
}

/** Whether two states are the same to the strategy, and to readers. */
function expectSame(play: Play, one: unknown, other: unknown): void {
  expect(play.run.isSame(one, other)).toBe(true);
  expect(play.run.isSame(other, one)).toBe(true);
  expect(isSameShown(play.run.show('key', one), play.run.show('key', other))).toBe(true);
}

const joining = [
  scalar,
  scalarWithTombstones,
  lastWriterByWallClock,
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  cassandra(),
  riakKeep(),
  riakKeep({ keyEpochs: true }),
  riakImmediate(),
  riakDelay(),
  couchDb(),
  versionVectorsByClient(),
  versionVectorsByClient({ pruneAt: 2 }),
  dvv(),
];

describe.each([...joining, versionVectorsByServer])('merge of $title', ({ name, ...strategy }) => {
  const merging: Strategy = { name, ...strategy };

  it(`${name} is commutative and idempotent`, () => {
    forAll(merging, (play) => {
      const [one, other] = [play.held(0), play.held(1)];
      const merge = (left: unknown, right: unknown): unknown => play.run.merge('key', left, right);
      expectSame(play, merge(one, other), merge(other, one));
      expectSame(play, merge(one, one), one);
    });
  });
});

describe.each(joining)('merge of $title', (strategy) => {
  it(`${strategy.name} is associative, and absorbs what it merged`, () => {
    forAll(strategy, (play) => {
      const [one, other, third] = [play.held(0), play.held(1), play.held(2)];
      const merge = (left: unknown, right: unknown): unknown => play.run.merge('key', left, right);
      expectSame(play, merge(merge(one, other), third), merge(one, merge(other, third)));
      expectSame(play, merge(merge(one, other), other), merge(one, other));
    });
  });

  it(`${strategy.name} shows the same everywhere when all have met`, () => {
    forAll(strategy, (play) => {
      play.exchange(0, 1);
      play.exchange(1, 2);
      play.exchange(0, 2);
      play.exchange(0, 1);
      expectSame(play, play.held(0), play.held(1));
      expectSame(play, play.held(1), play.held(2));
    });
  });
});
