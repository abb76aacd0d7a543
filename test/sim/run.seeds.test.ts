import { describe, expect, test } from 'vitest';
import { Coverage, FAULT_KINDS } from '../../src/sim/coverage.ts';
import { drawPlan, PROFILES, type Profile } from '../../src/sim/draw-plan.ts';
import { formatPlanFile } from '../../src/sim/plan-file.ts';
import { runPlan } from '../../src/sim/run.ts';

const MINUTES = 0.15;
const profiles = Object.keys(PROFILES) as Profile[]; // the keys of the table
/** CAIRN_SIM_SEED pins the schedules that are new each time. */
const fresh = Number(process.env['CAIRN_SIM_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const fixed = Array.from({ length: 4 }, (_, at) => at * 100 + 1);
const coverage = new Coverage();

async function holds(seed: number, profile: Profile): Promise<void> {
  const plan = drawPlan(seed, { profile, minutes: MINUTES });
  const { violation, struck } = await runPlan(plan);
  coverage.add(struck);
  if (violation === undefined) return;
  const again = `npm run cairn -- simulate --seed ${seed} --schedules 1 --profile ${profile} --minutes ${MINUTES}`;
  throw new Error(`${violation.law}: ${violation.what}\n${again}\n${formatPlanFile({ plan, found: violation })}`);
}

describe('runPlan', () => {
  for (const profile of profiles) {
    test(`runPlan: every law holds in ${fixed.length} schedules of profile ${profile}, seeds ${fixed}`, async () => {
      for (const seed of fixed) await holds(seed, profile);
    });
  }

  test(`runPlan: every law holds in 16 new schedules, from seed ${fresh}`, async () => {
    for (let at = 0; at < 16; at += 1) await holds(fresh + at, profiles[at % profiles.length] ?? 'swarm');
  });

  test('runPlan counts what strikes under names that are known, many of them in so few schedules already', () => {
    const struck = coverage.toData().kinds.filter(([, times]) => times > 0);
    expect(struck.map(([kind]) => kind).filter((kind) => !FAULT_KINDS.includes(kind))).toEqual([]);
    expect(struck.length).toBeGreaterThan(20);
  });

  test('runPlan ends when it is told to, and is the same until then', async () => {
    const plan = drawPlan(11, { minutes: MINUTES });
    const [whole, part]: [string[], string[]] = [[], []];
    await runPlan(plan, { onEvent: (event) => whole.push(JSON.stringify(event)) });
    const { virtualMs } = await runPlan(plan, { onEvent: (event) => part.push(JSON.stringify(event)), untilMs: 2_000 });
    expect(virtualMs).toBeGreaterThanOrEqual(2_000);
    expect(virtualMs).toBeLessThan(plan.durationMs);
    const early = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => (JSON.parse(line) as { readonly at: number }).at <= 2_000);
    expect(early(part)).toEqual(early(whole));
    expect(early(part).length).toBeGreaterThan(50);
  });
});
