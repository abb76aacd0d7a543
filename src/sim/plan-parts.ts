/**
 * What a plan is made of, for whoever cuts it down: what a step touches, and the plan with a process, its clients or some
 * keys taken out and everybody after them renumbered.
 */

import { isClientStep, type Plan, type PlanStep } from './plan.ts';

/** Fields of steps that name processes. `from` and `to` do in some kinds only. */
const PROCESS_FIELDS = ['process', 'member', 'by', 'bridge'] as const;
const WAY_KINDS: readonly string[] = ['cut', 'flap', 'hold', 'filter'];
const TO_KINDS: readonly string[] = ['move', 'stale record'];

type Fields = { readonly [field: string]: unknown };

function processFieldsOf(step: PlanStep): readonly string[] {
  const ways = WAY_KINDS.includes(step.do) ? ['from', 'to'] : TO_KINDS.includes(step.do) ? ['to'] : [];
  const fields = step as Fields; // asked by name
  return [...PROCESS_FIELDS, ...ways].filter((field) => typeof fields[field] === 'number');
}

/** Fields of a step that name keys, each one: `of` is the key whose token another one is written with. */
function keyFieldsOf(step: PlanStep): readonly string[] {
  const fields = step as Fields; // asked by name
  return ['key', 'of'].filter((field) => typeof fields[field] === 'number');
}

/** Whether a step names a process. A partition names all, and so none. */
export function namesProcess(step: PlanStep, process: number): boolean {
  const fields = step as Fields; // asked by name
  return processFieldsOf(step).some((field) => fields[field] === process);
}

/** The keys of a client's step; of any other none, whatever it names. */
export function keysOfStep(step: PlanStep): readonly number[] {
  if (!isClientStep(step) || step.do === 'move') return [];
  return step.do === 'batch' ? step.keys : [step.key];
}

/** The plan with other steps and nothing else changed. */
export function withSteps(plan: Plan, steps: readonly PlanStep[]): Plan {
  return { ...plan, steps };
}

/** Without the steps of clients on other keys than this one. */
export function withKeyOnly(plan: Plan, key: string): Plan {
  const isIt = (at: number): boolean => plan.keys[at % plan.keys.length] === key;
  const steps = plan.steps.flatMap((step): PlanStep[] => {
    const keys = keysOfStep(step);
    if (keys.length === 0 || keys.every(isIt)) return [step];
    if (step.do !== 'batch' || !keys.some(isIt)) return [];
    return [{ ...step, keys: keys.filter(isIt) }];
  });
  return withSteps(plan, steps);
}

/** Without a process, what happens to it, and the clients that are at home there. */
export function withoutProcess(plan: Plan, gone: number): Plan {
  const replicas = plan.replicas - 1;
  const members = Math.max(1, plan.members - (gone < plan.members ? 1 : 0));
  const moved = (process: number): number => (process > gone ? process - 1 : process);
  const clients = renumbered(plan, replicas, (home) => (home === gone ? undefined : moved(home)));
  const steps = plan.steps.flatMap((step): PlanStep[] => {
    if (namesProcess(step, gone)) return [];
    const fields = Object.fromEntries(
      processFieldsOf(step).map((field) => [field, moved((step as Fields)[field] as number)]), // a number by its field
    );
    const sides = step.do === 'partition' ? { sides: step.sides.filter((_, at) => at !== gone) } : {};
    return renamedClient({ ...step, ...fields, ...sides } as PlanStep, clients); // the same kind, numbers for numbers
  });
  const most = (quorum: number): number => Math.min(quorum, members);
  return { ...plan, replicas, members, r: most(plan.r), w: most(plan.w), clients: countOf(clients), steps };
}

/** With the clients that do something numbered from 0, each still at home where it was. */
export function withFewestClients(plan: Plan): Plan {
  const clients = renumbered(plan, plan.replicas, (home) => home);
  return { ...plan, clients: countOf(clients), steps: plan.steps.flatMap((step) => renamedClient(step, clients)) };
}

/** With the keys that some step names, and no others. */
export function withFewestKeys(plan: Plan): Plan {
  const named = plan.steps.flatMap(
    (step) => ('keys' in step ? step.keys : keyFieldsOf(step).map((field) => (step as Fields)[field] as number)), // a number by its field
  );
  const used = [...new Set(named.map((key) => key % plan.keys.length))].sort((one, other) => one - other);
  if (used.length === 0) return plan;
  const place = (key: number): number => used.indexOf(key % plan.keys.length);
  const steps = plan.steps.map((step): PlanStep => {
    if ('keys' in step) return { ...step, keys: step.keys.map(place) };
    const fields = keyFieldsOf(step).map((field) => [field, place((step as Fields)[field] as number)] as const); // as above
    return { ...step, ...Object.fromEntries(fields) };
  });
  return { ...plan, keys: used.map((at) => plan.keys[at] ?? 'k'), steps };
}

/** Old number → new one, for the clients that do something and have a home there. */
function renumbered(plan: Plan, replicas: number, homeOf: (home: number) => number | undefined): Map<number, number> {
  const busy = new Set(plan.steps.flatMap((step) => (isClientStep(step) ? [step.client] : [])));
  const numbers = new Map<number, number>();
  const next = new Map<number, number>();
  for (const client of [...busy].sort((one, other) => one - other)) {
    const home = homeOf(client % plan.replicas);
    if (home === undefined) continue;
    const number = next.get(home) ?? home;
    numbers.set(client, number);
    next.set(home, number + replicas);
  }
  return numbers;
}

function renamedClient(step: PlanStep, numbers: ReadonlyMap<number, number>): PlanStep[] {
  if (!isClientStep(step)) return [step];
  const client = numbers.get(step.client);
  return client === undefined ? [] : [{ ...step, client }];
}

function countOf(numbers: ReadonlyMap<number, number>): number {
  return Math.max(0, ...numbers.values()) + 1;
}
