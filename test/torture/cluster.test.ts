import { expect, test } from 'vitest';
import { clusterTable, ROUND_KINDS } from './cluster-report.ts';
import { runCluster } from './cluster-run.ts';

/** The whole of it is slow, so it runs where everything runs. */
const isAsked = process.env['TORTURE'] === '1' || process.env['REQUIRE_SERVICES'] === '1';
const SEED = 20_261_122;

test('a cluster whose replicas are killed and cut off loses nothing, brings nothing back, and comes together', async () => {
  const report = await runCluster({ seed: SEED, seconds: 60, roundsMax: 2, kinds: ['kill', 'cut'] });
  expect(report.violations, clusterTable(report)).toEqual([]);
  expect(report).toMatchObject({ rounds: 2, cuts: 1 });
  expect(report.kills).toBeGreaterThan(0);
  expect(report.acknowledged).toBeGreaterThan(20);
  expect(report.exchangeRoundsMax).toBeLessThanOrEqual(5);
}, 300_000);

test('a cluster does so for a minute, behind a bad network and beside a replica that is long away', async ({
  skip,
}) => {
  skip(!isAsked, 'takes a minute: set TORTURE=1, or run npm run torture:cluster');
  const report = await runCluster({ seed: SEED + 1, seconds: 60 });
  console.log(clusterTable(report));
  expect(report.violations).toEqual([]);
  expect(report.exchangeRoundsMax).toBeLessThanOrEqual(5);
  expect(Object.keys(report.kinds).length).toBeGreaterThanOrEqual(Math.min(report.rounds, ROUND_KINDS.length));
  expect(report.acknowledged).toBeGreaterThan(200);
}, 900_000);
