/**
 * One pass over JSON that JSON.parse has accepted, for what its result cannot tell: how deep it nests, how many names it
 * says (fewer in the result means one was said twice), whether a number in it was changed by becoming a double.
 */

export type JsonFacts = { readonly fault: string | undefined; readonly names: number };

/** An integer of up to so many digits is a safe one. */
const SAFE_DIGITS = 15;

/** Bound: stops at the first fault. Cost: O(length). */
export function scanJson(text: string, depthMax: number): JsonFacts {
  const { length } = text;
  let depth = 0;
  let names = 0;
  for (let at = 0; at < length; at++) {
    switch (text.charCodeAt(at)) {
      case 34: // "
        at = endOfText(text, at);
        break;
      case 58: // :
        names++;
        break;
      case 123: // {
      case 91: // [
        if (++depth > depthMax) return { fault: `it nests over ${depthMax} deep`, names };
        break;
      case 125: // }
      case 93: // ]
        depth--;
        break;
      case 45: // -
      case 48: // 0
      case 49:
      case 50:
      case 51:
      case 52:
      case 53:
      case 54:
      case 55:
      case 56:
      case 57: {
        const from = at;
        let isInteger = true;
        for (; at < length; at++) {
          const unit = text.charCodeAt(at);
          if (unit === 46 || unit === 101 || unit === 69) isInteger = false;
          else if ((unit < 48 || unit > 57) && unit !== 45 && unit !== 43) break;
        }
        if (!isInteger || at - from > SAFE_DIGITS) {
          const fault = faultOfNumber(text.slice(from, at), isInteger);
          if (fault !== undefined) return { fault, names };
        }
        at--;
        break;
      }
    }
  }
  return { fault: undefined, names };
}

/** Where the text that begins at `at` has its closing quote. */
function endOfText(text: string, at: number): number {
  for (;;) {
    at = text.indexOf('"', at + 1);
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

/** Fractions are taken as the nearest double, as everywhere; what would become another integer, 0 or infinite is refused. */
function faultOfNumber(literal: string, isInteger: boolean): string | undefined {
  const number = Number(literal);
  const shown = literal.length > 40 ? `${literal.slice(0, 40)}…` : literal;
  if (!Number.isFinite(number)) return `${shown} is larger than any number, write {"$bigint":"…"}`;
  // JSON shows large doubles with zeros at their end: what reads back as itself is taken, too.
  if (isInteger && literal !== String(number) && BigInt(literal) !== BigInt(number))
    return `${shown} is no exact number, write {"$bigint":"…"}`;
  if (number === 0 && !isInteger && /^-?[0.]*[1-9]/.test(literal)) return `${shown} is smaller than any number`;
  return undefined;
}
