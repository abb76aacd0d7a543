/** What the command line gives a simulation, checked. */

import { ALL_RULES, type RuleName } from '../rules.ts';
import { option } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';

type Bounds = {
  readonly from: number;
  readonly to: number;
  readonly otherwise: number;
  readonly isFraction?: boolean;
};

/** A number within bounds; `otherwise` when none is given. Throws: UsageError. */
export function numberOf(invocation: Invocation, name: string, bounds: Bounds): number {
  const text = option(invocation, name);
  if (text === undefined) return bounds.otherwise;
  const { from, to, isFraction = false } = bounds;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  const isFit = number >= from && number <= to && (isFraction || Number.isInteger(number));
  const wanted = isFraction ? 'a number' : 'a whole number';
  if (!isFit) throw new UsageError(`Cannot simulate: --${name} is ${text}, give ${wanted} from ${from} to ${to}`);
  return number;
}

/** The rules that are switched off. Throws: UsageError. */
export function brokenOf(invocation: Invocation): { readonly broken: readonly RuleName[] } {
  const name = option(invocation, 'without');
  if (name === undefined) return { broken: [] };
  if (!isRule(name))
    throw new UsageError(`Cannot simulate: no rule is called ${name}. Rules: ${Object.keys(ALL_RULES).join(', ')}`);
  return { broken: [name] };
}

function isRule(name: string): name is RuleName {
  return Object.hasOwn(ALL_RULES, name);
}
