import { expect, test } from 'vitest';
import { ALL_RULES, type RuleName } from '../../src/rules.ts';
import { generateDurableSchedule } from '../../src/testkit/schedule/generate.ts';
import { runSchedules } from '../../src/testkit/schedule/run.ts';

const SEED = 20_261_122;

// Only `npm run mutate` runs these; the tests run many more of them. A few at a time, so that the first to fail ends it.
test.each([0, 1, 2, 3, 4])('schedules: the few of part %i break no law', async (part) => {
  const { failed } = await runSchedules(SEED + part * 40, (done) => done >= 40);
  expect(failed).toBeUndefined();
});

test('schedules: a few of replicas on disks break no law', async () => {
  const { failed } = await runSchedules(SEED, (done) => done >= 10, ALL_RULES, generateDurableSchedule);
  expect(failed).toBeUndefined();
});

// As `npm run bite`, but for a rule that thousands of schedules are needed for.
const rules = (Object.keys(ALL_RULES) as RuleName[]).filter((name) => name !== 'peers-are-fully-taken-in'); // its keys
test.each(rules)('schedules: a law is broken without %s', async (name) => {
  const { failed } = await runSchedules(1, (done) => done >= 400, { ...ALL_RULES, [name]: false });
  expect(failed).toBeDefined();
});
