import { expect, test } from 'vitest';
import { generateDurableSchedule } from '../../src/testkit/schedule/generate.ts';
import { runSchedules } from '../../src/testkit/schedule/run.ts';

const SEED = 20_261_122;

/** Only `npm run mutate` runs these; the tests run many more of them. Small numbers of seeds, so that the first to fail ends a test. */
test.each([0, 1, 2, 3, 4])('schedules: the few of part %i break no law', async (part) => {
  const { failed } = await runSchedules(SEED + part * 40, (done) => done >= 40);
  expect(failed).toBeUndefined();
});

test('schedules: a few of replicas on disks break no law', async () => {
  const { failed } = await runSchedules(SEED, (done) => done >= 10, undefined, generateDurableSchedule);
  expect(failed).toBeUndefined();
});
