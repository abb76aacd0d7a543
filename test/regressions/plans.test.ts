import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALL_RULES, type RuleName } from '../../src/rules.ts';
import { type PlanFile, parsePlanFile } from '../../src/sim/plan-file.ts';
import { runPlan } from '../../src/sim/run.ts';

const folder = new URL('plans/', import.meta.url);
const files: readonly (readonly [name: string, file: PlanFile])[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => [name, parsePlanFile(readFileSync(new URL(name, folder), 'utf8'))]);

function rulesIn({ broken = [] }: PlanFile): readonly RuleName[] {
  return broken.filter((name): name is RuleName => Object.hasOwn(ALL_RULES, name));
}

describe('plans that once broke a law', () => {
  test('runPlan: there are some', () => expect(files.length).toBeGreaterThan(0));

  for (const [name, file] of files)
    test(`runPlan: ${name} holds every law`, async () => expect((await runPlan(file.plan)).violation).toBeUndefined());
});

describe('plans that show why a rule is needed', () => {
  for (const [name, file] of files) {
    const broken = rulesIn(file);
    if (broken.length === 0) continue;
    test(`runPlan: ${name} breaks ${file.found?.law} without ${broken.join()}`, async () => {
      const { violation } = await runPlan(file.plan, { broken });
      expect(violation).toMatchObject({ law: file.found?.law });
    });
  }
});
