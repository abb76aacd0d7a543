import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../src/server/token-bucket.ts';
import { serveNode, told } from './serving.ts';

describe('TokenBuckets', () => {
  const bucketsAt = (perSecond: number, burst: number) => {
    const clock = { ms: 0 };
    const env = { now: () => 0, random: () => 0, elapsed: () => clock.ms, after: () => () => undefined };
    return { clock, buckets: new TokenBuckets(env, perSecond, burst) };
  };

  it('TokenBuckets let a burst through, then a steady rate, each name for itself', () => {
    const { clock, buckets } = bucketsAt(10, 2);
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 100]);
    expect(buckets.take('b')).toBe(0);
    clock.ms = 60;
    expect(buckets.take('a')).toBe(40);
    clock.ms = 100;
    expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 100]);
    clock.ms = 1_000_000;
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 100]);
  });

  it('TokenBuckets remember a bounded number of names', () => {
    const { buckets } = bucketsAt(1, 1);
    for (let i = 0; i < 10_000; i++) buckets.take(`a${i}`);
    expect(buckets.take('a0')).toBeGreaterThan(0);
    buckets.take('one more');
    expect(buckets.take('a0')).toBe(0);
  });

  it('TokenBuckets bound how often an address may ask, and say when to come again', async () => {
    const { ask } = await serveNode({ limits: { requestsPerSecond: 0.5, requestsBurst: 2 } });
    const answers = [await ask('/v1/kv'), await ask('/v1/kv'), await ask('/v1/kv')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    const [, , refused] = answers;
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused && (await told(refused)).code).toBe('OVERLOADED');
    expect((await ask('/healthz')).status).toBe(200);
  });
});
