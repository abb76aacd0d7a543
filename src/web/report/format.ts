/** Figures as people read them: few digits, thousands apart, units that fit. The same in every place. */

import type { MeasureUnit } from '../../lab/experiment/measures.ts';
import type { Interval } from '../../lab/experiment/result.ts';

/** A count with its thousands apart. */
export function formatCount(count: number): string {
  const isWhole = Number.isInteger(count) || Math.abs(count) >= 100;
  const [whole = '', rest] = (isWhole ? String(Math.round(count)) : count.toFixed(1)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return rest === undefined || rest === '0' ? grouped : `${grouped}.${rest}`;
}

/** A figure in its unit. */
export function formatFigure(value: number, unit: MeasureUnit): string {
  const [text, of] = figureParts(value, unit);
  return of === '' ? text : `${text}\u202f${of}`;
}

/** An interval's ends, in the unit and the scale of its mean: 12–15 ms. */
export function formatRange({ low, high }: Interval, unit: MeasureUnit): string {
  const [[from, small], [to, large]] = [figureParts(low, unit), figureParts(high, unit)];
  return `${from}${small === large ? '' : `\u202f${small}`}–${to}${large === '' ? '' : `\u202f${large}`}`;
}

/** A moment of a run: 812.3 ms, 1.204 s. */
export function formatTime(at: number): string {
  return at < 1_000 ? `${trimmed(at, 1)}\u202fms` : `${(at / 1_000).toFixed(3)}\u202fs`;
}

/** Several words as a list: a, b and c. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** So many of a thing: 1 write, 3 writes. */
export function counted(count: number, thing: string, things: string = `${thing}s`): string {
  return `${formatCount(count)} ${count === 1 ? thing : things}`;
}

function figureParts(value: number, unit: MeasureUnit): readonly [string, string] {
  const size = Math.abs(value);
  switch (unit) {
    case 'count':
      return [formatCount(value), ''];
    case 'number':
      return [trimmed(value, size < 10 ? 2 : 1), ''];
    case 'share':
      return [trimmed(value * 100, size < 0.001 ? 3 : size < 0.1 ? 2 : 1), '%'];
    case 'ms':
      return size >= 10_000
        ? [trimmed(value / 1_000, 1), 's']
        : [trimmed(value, size < 10 ? 2 : size < 1_000 ? 1 : 0), 'ms'];
    case 'bytes':
      if (size >= 1e6) return [trimmed(value / 1e6, 1), 'MB'];
      return size >= 10_000 ? [trimmed(value / 1_000, 1), 'kB'] : [formatCount(value), 'B'];
    default:
      throw new TypeError(`Cannot format ${JSON.stringify(unit satisfies never)}: it is no known unit`);
  }
}

/** With so many places at most, thousands apart. */
function trimmed(value: number, places: number): string {
  const text = value.toFixed(places);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const [whole = '', rest] = (short === '-0' ? '0' : short).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}
