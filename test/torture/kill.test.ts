import { expect, test } from 'vitest';
import { runKills, summary } from './kill-run.ts';

/** Slow, so it runs where everything runs. */
const isAsked = process.env['TORTURE'] === '1' || process.env['REQUIRE_SERVICES'] === '1';
const SEED = 20_261_122;
const KILLS_MS = 55_000;

test('a killed process loses, tears and reissues nothing', async ({ skip }) => {
  skip(!isAsked, 'takes a minute: set TORTURE=1, or run npm run torture:kill');
  const report = await runKills({ kills: 50, seed: SEED, millisecondsMax: KILLS_MS });
  console.log(summary(report));
  expect(report.problems).toEqual([]);
  expect(report.kills).toBeGreaterThan(20);
  expect(report.acknowledged).toBeGreaterThan(report.kills * 20);
});

test('storage that answers before it has committed is caught', async ({ skip }) => {
  skip(!isAsked, 'takes a minute: set TORTURE=1, or run npm run torture:kill -- --lie early');
  const { problems } = await runKills({ kills: 20, seed: SEED, lie: 'early' });
  expect(problems.map(({ kind }) => kind)).toContain('lost');
});
