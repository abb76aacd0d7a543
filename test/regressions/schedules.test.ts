import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Breakage, runSchedule } from '../../src/testkit/schedule/run.ts';
import type { Schedule } from '../../src/testkit/schedule/steps.ts';

function schedulesIn(folder: URL): readonly (readonly [name: string, run: () => Promise<Breakage | undefined>])[] {
  const names = (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => {
    const schedule = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Schedule; // printed by the fuzzer
    return [name, () => runSchedule(schedule)];
  });
}

describe('schedules that once broke a law', () => {
  for (const [name, run] of schedulesIn(new URL('.', import.meta.url)))
    test(`runSchedule: ${name} holds every law`, async () => expect(await run()).toBeUndefined());
});
