/**
 * How a law is checked: draw examples, stop at the first that breaks it, shrink it, and throw an error that names the
 * law, shows the smallest witness and says how to replay it. Every law of the kit goes through here.
 */

import fc from 'fast-check';

/**
 * How many examples to draw, and from which seed; `path` replays one example of a failed run. What is not given is taken
 * from CAIRN_RUNS and CAIRN_SEED of the environment, where there is one, and else from fast-check (100 runs, a fresh seed).
 */
export type LawParameters = { readonly seed?: number; readonly numRuns?: number; readonly path?: string };

/** A law does not hold; `law` is its number and name, `witness` the smallest example that breaks it. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken';
  readonly law: string;
  readonly witness: unknown;

  constructor(law: string, witness: unknown, message: string, cause?: unknown) {
    super(message, { cause });
    this.law = law;
    this.witness = witness;
  }
}

/**
 * Checks `holds` on drawn examples; `holds` throws (or calls `demand`) to say what does not hold, `print` shows the witness
 * to people. Throws: LawBroken.
 */
export function checkLaw<T>(
  law: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (example: T) => void,
  parameters: LawParameters = {},
  print: (example: T) => string = show,
): void {
  judge(law, fc.check(fc.property(arbitrary, holds), runsOf(parameters)), print);
}

/** As `checkLaw`, for what takes time. Throws: LawBroken. */
export async function checkLawAsync<T>(
  law: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (example: T) => Promise<void>,
  parameters: LawParameters = {},
  print: (example: T) => string = show,
): Promise<void> {
  judge(law, await fc.check(fc.asyncProperty(arbitrary, holds), runsOf(parameters)), print);
}

/** Throws the LawBroken of a run that failed. */
function judge<T>(law: string, result: fc.RunDetails<[T]>, print: (example: T) => string): void {
  if (!result.failed) return;
  const witness = result.counterexample?.[0];
  const reason = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  const replay = `seed ${result.seed}, path ${JSON.stringify(result.counterexamplePath ?? '')}`;
  const shown = witness === undefined ? 'undefined' : print(witness);
  throw new LawBroken(
    law,
    witness,
    `${law}: ${reason}\nSmallest witness: ${shown}\nReplay: ${replay}`,
    result.errorInstance,
  );
}

/** What is asked for in the code, then in the environment. Throws: RangeError. */
function runsOf({ seed, numRuns, path }: LawParameters): LawParameters {
  const seedNow = seed ?? fromEnvironment('CAIRN_SEED');
  const runsNow = numRuns ?? fromEnvironment('CAIRN_RUNS');
  return {
    ...(seedNow === undefined ? {} : { seed: seedNow }),
    ...(runsNow === undefined ? {} : { numRuns: runsNow }),
    ...(path === undefined ? {} : { path }),
  };
}

function fromEnvironment(name: 'CAIRN_SEED' | 'CAIRN_RUNS'): number | undefined {
  const text = typeof process === 'undefined' ? undefined : process.env[name];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || (name === 'CAIRN_RUNS' && number < 1))
    throw new RangeError(`Cannot run the laws: ${name} is "${text}", give a whole number`);
  return number;
}

/** Ends the check of an example with `reason` when `condition` does not hold. */
export function demand(condition: boolean, reason: string): void {
  if (!condition) throw new Error(reason);
}

/** A text of any value a person can read: what has a `toJSON` as that, bytes as hex, the rest as fast-check shows it. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array)
    return `bytes ${[...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value instanceof Date || typeof value !== 'object' || value === null) return fc.stringify(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return JSON.stringify(value.toJSON());
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return fc.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, field]) => `${name}: ${show(field)}`)
    .join(', ')} }`;
}
