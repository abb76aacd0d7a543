/**
 * Makes a failing schedule small: drops steps (halves first, then single ones), then whole replicas and keys, then makes
 * what is left plainer; each candidate counts only if it fails again when it is run. Any broken law counts, not only the first one found.
 */

import { keysOf, renamed, replicasOf, type Schedule, type Step } from './steps.ts';

/** The smallest schedule found that `fails` still accepts. Bound: `runsMax` reruns. */
export async function shrinkSchedule(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
  runsMax: number = 2_000,
): Promise<Schedule> {
  let best = schedule;
  let runs = 0;
  const attempt = async (candidate: Schedule): Promise<boolean> => {
    if (runs >= runsMax) return false;
    runs++;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let improved = true; improved && runs < runsMax; ) {
    improved = await dropSteps(() => best, attempt);
    for (let index = best.replicas - 1; index >= 0 && best.replicas > 2; index--)
      improved = (await attempt(withoutReplica(best, index))) || improved;
    for (let index = best.keys - 1; index >= 0 && best.keys > 1; index--)
      improved = (await attempt(withoutKey(best, index))) || improved;
    for (let index = 0; index < best.steps.length; index++) {
      for (const plainer of plainerSteps(best.steps[index])) {
        const steps = best.steps.map((step, at) => (at === index ? plainer : step));
        improved = (await attempt({ ...best, steps })) || improved;
      }
    }
    if (best.durability === 'buffered') improved = (await attempt({ ...best, durability: 'synced' })) || improved;
    if (best.members < best.replicas) improved = (await attempt({ ...best, members: best.replicas })) || improved;
  }
  return best;
}

async function dropSteps(best: () => Schedule, attempt: (candidate: Schedule) => Promise<boolean>): Promise<boolean> {
  let improved = false;
  for (let size = Math.max(1, best().steps.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let from = best().steps.length - size; from >= 0; from -= size) {
      const { steps } = best();
      if (from + size > steps.length) continue;
      const candidate = { ...best(), steps: [...steps.slice(0, from), ...steps.slice(from + size)] };
      improved = (await attempt(candidate)) || improved;
    }
  }
  return improved;
}

function withoutReplica(schedule: Schedule, gone: number): Schedule {
  const steps = schedule.steps
    .filter((step) => !replicasOf(step).includes(gone))
    .map((step) =>
      renamed(
        step,
        (index) => (index > gone ? index - 1 : index),
        (key) => key,
      ),
    );
  const members = Math.max(1, schedule.members - (gone < schedule.members ? 1 : 0));
  return { ...schedule, replicas: schedule.replicas - 1, members, steps };
}

function withoutKey(schedule: Schedule, gone: number): Schedule {
  const steps = schedule.steps
    .filter((step) => !keysOf(step).includes(gone))
    .map((step) =>
      renamed(
        step,
        (index) => index,
        (key) => (key > gone ? key - 1 : key),
      ),
    );
  return { ...schedule, keys: schedule.keys - 1, steps };
}

function plainerSteps(step: Step | undefined): Step[] {
  switch (step?.do) {
    case 'write':
      return step.context === 'local' ? [] : [{ ...step, context: 'local' }];
    case 'batch':
      return [
        ...step.writes,
        ...step.writes.map((_, at): Step => ({ ...step, writes: step.writes.filter((__, index) => index !== at) })),
      ];
    case 'exchange':
      return step.oneWay ? [{ ...step, oneWay: false }] : [];
    case 'push':
      return step.lane === 0 ? [] : [{ ...step, lane: 0 }];
    case 'interrupt': {
      const fewer = step.between.map(
        (_, at): Step => ({ ...step, between: step.between.filter((__, index) => index !== at) }),
      );
      const sooner: Step[] = step.frames > 1 ? [{ ...step, frames: step.frames - 1 }] : [];
      return [{ do: 'exchange', a: step.a, b: step.b, oneWay: step.oneWay }, ...fewer, ...sooner];
    }
    case 'update': {
      const { do: _, meanwhile, ...rest } = step;
      const plain: Step = { do: 'write', tombstone: false, context: 'local', ...rest };
      return meanwhile ? [plain, { ...step, meanwhile: false }] : [plain];
    }
    case 'resolve': {
      const { do: _, by, ...rest } = step;
      const plain: Step = { do: 'write', tombstone: by === 'delete', ...rest };
      return step.context === 'local' ? [plain] : [plain, { ...step, context: 'local' }];
    }
    case 'session':
      return [
        { do: 'write', at: step.at, key: step.key, tombstone: step.act === 'delete', context: 'local' },
        ...(step.act === 'read' ? [] : [{ ...step, act: 'read' } as const]),
      ];
    case 'interleave': {
      const fewer = step.links.map(
        (_, at): Step => ({ ...step, links: step.links.filter((__, index) => index !== at) }),
      );
      const shorter = step.turns.map(
        (_, at): Step => ({ ...step, turns: step.turns.filter((__, index) => index !== at) }),
      );
      const whole = step.links.map((link): Step => ({ do: 'exchange', ...link }));
      return [...whole, ...fewer, { ...step, turns: [] }, ...shorter];
    }
    case 'crash':
      return step.writing === 'nothing' ? [{ do: 'reopen', at: step.at }] : [{ ...step, writing: 'nothing' }];
    case 'snapshot':
      return step.by === 'copy' ? [] : [{ ...step, by: 'copy' }];
    case 'lose':
      return step.harm === 'gone' ? [] : [{ ...step, harm: 'gone' }];
    case 'reap':
      return step.force ? [{ ...step, force: false }] : [];
    default:
      return [];
  }
}
