import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runSchedule } from '../../src/testkit/schedule/run.ts';
import type { Schedule } from '../../src/testkit/schedule/steps.ts';

const names = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.json'));

describe('schedules that once broke a law', () => {
  test.each(names.sort())('runSchedule: %s holds every law', async (name) => {
    const schedule = JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Schedule; // printed by the fuzzer
    expect(await runSchedule(schedule)).toBeUndefined();
  });
});
