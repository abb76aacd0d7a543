/** From figures to places on a line, and the round numbers that stand beside it. */

export type Scale = {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
};

/** A straight scale from `low` to `high` (made round) over the pixels from `start` to `end`. */
export function linearScale(low: number, high: number, start: number, end: number, wanted: number = 5): Scale {
  const top = high > low ? high : low + 1;
  const step = roundStep((top - low) / Math.max(1, wanted));
  const first = Math.floor(low / step + 1e-9) * step;
  const last = Math.ceil(top / step - 1e-9) * step;
  const count = Math.round((last - first) / step);
  const ticks = Array.from({ length: count + 1 }, (_, at) => tidy(first + at * step));
  return { at: (value) => start + ((value - first) / (last - first)) * (end - start), ticks };
}

/** Round moments between two times, about so many, each with its words: all in one unit, and no more exact than the step. */
export function timeTicks(from: number, to: number, wanted: number): readonly (readonly [at: number, words: string])[] {
  const step = roundStep((to - from) / Math.max(1, wanted));
  const [per, unit] = to >= 1_000 ? [1_000, 's'] : [1, 'ms'];
  const places = Math.max(0, Math.ceil(-Math.log10(step / per) - 1e-9));
  const ticks: (readonly [number, string])[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step)
    ticks.push([tidy(at), `${(at / per).toFixed(places)}\u202f${unit}`]);
  return ticks;
}

/** 1, 2 or 5 times a power of ten, at least as much as asked for. */
export function roundStep(about: number): number {
  const power = 10 ** Math.floor(Math.log10(about));
  const factor = [1, 2, 5, 10].find((one) => one * power >= about * 0.999) ?? 10;
  return factor * power;
}

/** The interval of a share by Wilson's score, 95 %: never below 0 nor above 1, and sensible at few. */
export function wilson(part: number, whole: number): readonly [low: number, high: number] {
  if (whole === 0) return [0, 1];
  const z = 1.96;
  const share = part / whole;
  const middle = share + (z * z) / (2 * whole);
  const half = z * Math.sqrt((share * (1 - share)) / whole + (z * z) / (4 * whole * whole));
  const under = 1 + (z * z) / whole;
  return [Math.max(0, (middle - half) / under), Math.min(1, (middle + half) / under)];
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
