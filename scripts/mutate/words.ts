/**
 * What the tests of the mutated rooms import instead of `vitest` while they are mutated: the same words, which only take
 * down what there is to run. The matchers are those of vitest. Snapshots are not compared: such a test notices less, never more.
 */

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  ChaiStyleAssertions,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import { fn, spyOn } from '@vitest/spy';

type Body = (...row: unknown[]) => unknown;
type Words = ((name: string, ...rest: unknown[]) => void) & {
  readonly each: (rows: readonly unknown[]) => (name: string, ...rest: unknown[]) => void;
};

/** A test: its name, which no other has, and what it does. */
export type Noted = { readonly id: string; readonly run: () => unknown };

/** Everything noted, in order. */
export const noted: Noted[] = [];
const path: string[] = [];

/** With each row of a table as arguments, as vitest has it: a row that is an array is spread. */
function words(note: (name: string, body: () => unknown) => void): Words {
  const one = (name: string, rest: readonly unknown[], row: readonly unknown[]): void => {
    const body = rest.find((given) => typeof given === 'function') as Body; // the other one would be options
    note(name, () => body(...row));
  };
  return Object.assign((name: string, ...rest: unknown[]) => one(name, rest, []), {
    each: (rows: readonly unknown[]) => {
      return (name: string, ...rest: unknown[]) => {
        for (const row of rows) one(name, rest, Array.isArray(row) ? row : [row]);
      };
    },
  });
}

export const describe: Words = words((name, body) => {
  path.push(name);
  body();
  path.pop();
});
export const test: Words = words((name, run) =>
  noted.push({ id: `${noted.length} ${[...path, name].join(' ')}`, run }),
);
export const it: Words = test;
export const vi = { fn, spyOn };

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(ChaiStyleAssertions);
chai.use(JestAsymmetricMatchers);
chai.use((_, utils) =>
  utils.addMethod(chai.Assertion.prototype, 'toMatchInlineSnapshot', function (this: unknown) {
    return this;
  }),
);

const globals = globalThis as unknown as Record<PropertyKey, object>; // where vitest keeps its matchers
export const expect = Object.assign((value: unknown, message?: string) => chai.expect(value, message), chai.expect);
Object.assign(expect, globals[ASYMMETRIC_MATCHERS_OBJECT]);
globals[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0 }, expect as never); // only what the matchers ask for
(expect as unknown as { extend(matchers: object): void }).extend = (matchers) =>
  (chai.expect as unknown as { extend(on: unknown, matchers: object): void }).extend(expect, matchers);
(expect as unknown as { extend(matchers: object): void }).extend(customMatchers);
