import { describe, expect, test } from 'vitest';
import { Pace } from '../../src/replica/pace.ts';
import { FakeEnv } from './fake-env.ts';

/** The times of an hour of exchanges, each of which ends at once with `how`. */
async function anHour(how: (pace: Pace, at: number) => void): Promise<number[]> {
  const env = new FakeEnv();
  const times: number[] = [];
  const pace: Pace = new Pace(env, 60_000, () => {
    times.push(env.elapsed());
    how(pace, times.length);
  });
  pace.now();
  await env.pass(3_600_000);
  pace.stop();
  return times;
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, at) => time - (times[at] ?? 0));

describe('Pace', () => {
  test('slows down to the limit while exchanges find nothing', async () => {
    const between = gaps(await anHour((pace) => pace.found(false)));
    expect(between[0]).toBeLessThanOrEqual(12_000);
    expect(Math.min(...between.slice(5))).toBeGreaterThanOrEqual(48_000);
    expect(Math.max(...between)).toBeLessThanOrEqual(72_000);
  });

  test('goes back to a quick one when something was found', async () => {
    const between = gaps(await anHour((pace, at) => pace.found(at === 10)));
    expect(between[8]).toBeGreaterThanOrEqual(48_000);
    expect(between[9]).toBeLessThanOrEqual(6_000);
  });

  test('tries again soon after a failure, then ever more rarely', async () => {
    const between = gaps(await anHour((pace) => pace.failed()));
    expect(between[0]).toBeLessThanOrEqual(600);
    expect(Math.min(...between.slice(9))).toBeGreaterThanOrEqual(48_000);
  });
});
