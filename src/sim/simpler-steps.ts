/** Plainer forms of a step and of the settings of a plan, the plainest first, for whoever cuts a plan down. */

import { CALM, type Plan, type PlanStep, QUICK_DISK } from './plan.ts';

/** How long a fault lasts, or somebody is down, when nothing speaks for longer. */
const SHORT_MS: readonly number[] = [50, 1_000];

/** The plainer forms of a step; none, when it is plain. */
export function simplerSteps(step: PlanStep): readonly PlanStep[] {
  const shorter = [...inTime(step, 'ms'), ...inTime(step, 'downMs')];
  switch (step.do) {
    case 'get': {
      const { r, ...plain } = step;
      return r === undefined ? [] : [plain];
    }
    case 'put':
    case 'delete': {
      const { w, ...plain } = step;
      const local: readonly PlanStep[] = step.context === 'local' ? [] : [{ ...plain, context: 'local' }];
      return [...local, ...(w === undefined ? [] : [plain])];
    }
    case 'batch': {
      const { at, client, keys } = step;
      const puts = keys.map((key): PlanStep => ({ at, do: 'put', client, key, context: 'none' }));
      const fewer = keys.length < 2 ? [] : keys.map((_, place) => ({ ...step, keys: keys.toSpliced(place, 1) }));
      return [...puts, ...fewer];
    }
    case 'resolve': {
      const { at, client, key, isDelete } = step;
      return [{ at, do: isDelete ? 'delete' : 'put', client, key, context: 'local' }];
    }
    case 'crash': {
      const { turns, ...plain } = step;
      return [
        ...(turns === undefined ? [] : [plain]),
        ...(step.isPower ? [{ ...step, isPower: false }] : []),
        ...(step.isReset ? [] : [{ ...step, isReset: true }]),
        ...shorter,
      ];
    }
    case 'cut':
      return [...(step.isBothWays ? [] : [{ ...step, isBothWays: true }]), ...lossless(step), ...shorter];
    case 'partition': {
      const { bridge, ...plain } = step;
      return [...(bridge === undefined ? [] : [plain]), ...lossless(step), ...shorter];
    }
    case 'flap':
      return step.times > 1
        ? [
            { ...step, times: 1 },
            { ...step, times: step.times >> 1 },
          ]
        : [];
    case 'filter': {
      const { kinds } = step;
      const fewer = kinds.length < 2 ? [] : kinds.map((_, place) => ({ ...step, kinds: kinds.toSpliced(place, 1) }));
      return [...fewer, ...shorter];
    }
    case 'storm': {
      const { weather } = step;
      return [...simplerWeather(weather).map((plainer) => ({ ...step, weather: plainer })), ...shorter];
    }
    case 'clock': {
      const still = step.stepMs === 0 ? [] : [{ ...step, stepMs: 0 }];
      return [...still, ...(step.rate === 1 ? [] : [{ ...step, rate: 1 }])];
    }
    default:
      return shorter;
  }
}

function lossless(step: Extract<PlanStep, { readonly isLossy: boolean }>): readonly PlanStep[] {
  return step.isLossy ? [{ ...step, isLossy: false }] : [];
}

function inTime(step: PlanStep, field: 'ms' | 'downMs'): readonly PlanStep[] {
  const ms = (step as { readonly [name: string]: unknown })[field]; // `as`: asked by name, and it may not be there
  if (typeof ms !== 'number') return [];
  return SHORT_MS.filter((short) => short < ms).map((short) => ({ ...step, [field]: short }));
}

function simplerWeather(weather: Plan['weather']): readonly Plan['weather'][] {
  const plainer: Plan['weather'][] = [];
  if (JSON.stringify(weather) !== JSON.stringify(CALM)) plainer.push(CALM);
  if (weather.latency.kind !== 'constant') plainer.push({ ...weather, latency: CALM.latency });
  for (const share of ['loss', 'duplicate', 'reorder'] as const)
    if (weather[share] > 0) plainer.push({ ...weather, [share]: 0 });
  return plainer;
}

/** Plainer settings of a plan: of each group only one is wanted, the first the most. */
export function simplerSettings(plan: Plan): readonly (readonly Partial<Plan>[])[] {
  const plain: Partial<Plan> = {
    ...{ members: plan.replicas, durability: 'synced', isSloppy: false, hasSessions: false, r: 1, w: 1 },
    ...{ disk: QUICK_DISK, timeoutMs: 2_000, hintTtlMs: 60_000, exchangeEveryMs: 2_000, reapEveryMs: 1_000 },
    silenceMs: 4_000,
    ...(plan.isLazy === true ? { isLazy: false } : {}),
  };
  const others = Object.entries(plain)
    .filter(([name, value]) => JSON.stringify(plan[name as keyof Plan]) !== JSON.stringify(value)) // a setting's name
    .map(([name, value]): readonly Partial<Plan>[] => [{ [name]: value }]);
  return [simplerWeather(plan.weather).map((weather) => ({ weather })), ...others];
}
