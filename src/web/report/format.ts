/** Figures as people read them: few digits, thousands apart, units that fit. The same in every place. */

import type { MeasureUnit } from '../../lab/experiment/measures.ts';
import type { Interval } from '../../lab/experiment/result.ts';

/** A count with its thousands apart. */
export function formatCount(count: number): string {
  return trimmed(count, Number.isInteger(count) || Math.abs(count) >= 100 ? 0 : 1);
}

/** A figure in its unit. */
export function formatFigure(value: number, unit: MeasureUnit): string {
  const [text, of] = figureParts(value, unit);
  return of === '' ? text : `${text}\u202f${of}`;
}

/** An interval's ends, in the scale of its mean and both as exact: 9.9–10.8 s. */
export function formatRange({ mean, low, high }: Interval, unit: MeasureUnit): string {
  const [[from], [to, of]] = [figureParts(low, unit, Math.abs(mean)), figureParts(high, unit, Math.abs(mean))];
  const places = Math.max(placesOf(from), placesOf(to));
  const padded = (text: string): string => {
    const missing = places - placesOf(text);
    return missing === 0 || text === '0' ? text : `${text}${placesOf(text) === 0 ? '.' : ''}${'0'.repeat(missing)}`;
  };
  return `${padded(from)}–${padded(to)}${of === '' ? '' : `\u202f${of}`}`;
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

/** The digits and the unit; `size` decides on both. */
function figureParts(value: number, unit: MeasureUnit, size: number = Math.abs(value)): readonly [string, string] {
  switch (unit) {
    case 'count':
      return [trimmed(value, Number.isInteger(value) || size >= 100 ? 0 : 1), ''];
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
      return size >= 10_000 ? [trimmed(value / 1_000, 1), 'kB'] : [trimmed(value, size >= 100 ? 0 : 1), 'B'];
    default:
      throw new TypeError(`Cannot format ${JSON.stringify(unit satisfies never)}: it is no known unit`);
  }
}

function placesOf(text: string): number {
  return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
}

/** With so many places at most, thousands apart. */
function trimmed(value: number, places: number): string {
  const text = value.toFixed(places);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const [whole = '', rest] = (short === '-0' ? '0' : short).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}
