/**
 * Plans in files: the plan, and what was found with it. And a test as a file that anybody can run who has this package.
 */

import type { Violation } from './observer.ts';
import { PLAN_VERSION, type Plan } from './plan.ts';

/** What a file holds. `found`: the law that did not hold, then. `broken`: what was switched off to see it. */
export type PlanFile = {
  readonly plan: Plan;
  readonly found?: Violation;
  readonly broken?: readonly string[];
};

/** The text of a file: one step a line. */
export function formatPlanFile({ plan, found, broken }: PlanFile): string {
  const { steps, ...rest } = plan;
  const head = [
    ...(found === undefined ? [] : [`  "found": ${JSON.stringify(found)},`]),
    ...(broken === undefined ? [] : [`  "broken": ${JSON.stringify(broken)},`]),
  ];
  const settings = Object.entries(rest).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  );
  const lines = steps.map((step) => `      ${JSON.stringify(step)}`).join(',\n');
  const told = steps.length === 0 ? '    "steps": []' : `    "steps": [\n${lines}\n    ]`;
  return `${['{', ...head, '  "plan": {', ...settings, told, '  }', '}'].join('\n')}\n`;
}

/** Reads what `formatPlanFile` wrote, or a plan alone. Throws: TypeError, with what is wrong. */
export function parsePlanFile(text: string): PlanFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refused(`it is no JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  if (!isObject(value)) throw refused('it is no object');
  if (!('plan' in value)) return { plan: checkedPlan(value) };
  checkedPlan(value['plan']);
  return value as PlanFile; // its plan was checked, the rest is only told to people
}

const NUMBERS: readonly string[] = [
  ...['seed', 'replicas', 'members', 'clients', 'durationMs', 'r', 'w', 'timeoutMs'],
  ...['hintTtlMs', 'exchangeEveryMs', 'reapEveryMs', 'silenceMs'],
];

function checkedPlan(value: unknown): Plan {
  if (!isObject(value)) throw refused('its plan is no object');
  if (value['version'] !== PLAN_VERSION)
    throw refused(`its version is ${JSON.stringify(value['version'])}, and ${PLAN_VERSION} is read here`);
  const wrong = NUMBERS.find((name) => typeof value[name] !== 'number');
  if (wrong !== undefined) throw refused(`"${wrong}" is no number`);
  const { keys, steps, weather, disk } = value;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === 'string'))
    throw refused('"keys" is no list of texts');
  if (!isObject(weather) || !isObject(disk)) throw refused('"weather" or "disk" is missing');
  if (!Array.isArray(steps)) throw refused('"steps" is no list');
  const at = steps.findIndex(
    (step) => !isObject(step) || typeof step['at'] !== 'number' || typeof step['do'] !== 'string',
  );
  if (at >= 0) throw refused(`step ${at} has no "at" and "do"`);
  return value as unknown as Plan; // whatever else may be wrong with a step is told when it is its turn
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(why: string): TypeError {
  return new TypeError(`Cannot read the plan: ${why}`);
}

/** A module for `node --test` that runs the plan again and expects every law to hold. */
export function testFileOf({ plan, found }: PlanFile): string {
  const name = found === undefined ? `seed ${plan.seed}` : `seed ${plan.seed}, with which ${found.law} did not hold`;
  const comment = found === undefined ? [] : [`// ${`${found.law}: ${found.what}`.replaceAll('\n', ' ')}`];
  const text = formatPlanFile({ plan }).trimEnd();
  return [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    "import { runPlan } from 'cairndb/sim';",
    '',
    ...comment,
    `const { plan } = ${text};`,
    '',
    `test(${JSON.stringify(name)}, async () => {`,
    '  const { violation } = await runPlan(plan);',
    '  assert.equal(violation, undefined);',
    '});',
    '',
  ].join('\n');
}
