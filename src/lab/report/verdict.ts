/** What an experiment says in one sentence: the acknowledged writes that each strategy lost, over all its runs. */

import type { ExperimentResult } from '../experiment/result.ts';

/** What is said of one strategy; of several that are summed up, `strategy` is undefined. */
export type VerdictPart = { readonly strategy: string | undefined; readonly who: string; readonly what: string };

type Total = {
  readonly name: string;
  readonly title: string;
  readonly lost: number;
  readonly undone: number;
  readonly acknowledged: number;
};

/** So many strategies are named; of more, the rest is summed up. */
const NAMED_MAX = 4;

/** The parts of the sentence: Cairn first if it took part, then the others, who lost most first. */
export function verdictParts(result: ExperimentResult): readonly VerdictPart[] {
  const totals = result.strategies.map(({ name, title }) => totalOf(result, name, title));
  const lead = totals.find(({ name }) => name === 'cairn') ?? totals[0];
  if (lead === undefined) return [];
  const others = totals.filter((total) => total !== lead).sort((one, other) => other.lost - one.lost);
  const isUndoneSaid = totals.some(({ undone }) => undone > 0);
  const part = (total: Total, isLead: boolean): VerdictPart => {
    const of = isLead || total.acknowledged !== lead.acknowledged ? ` of ${grouped(total.acknowledged)}` : '';
    const writes = isLead ? ` acknowledged ${total.acknowledged === 1 ? 'write' : 'writes'}` : '';
    const undone = isUndoneSaid ? ` and undid ${counted(total.undone, 'delete')}` : '';
    return { strategy: total.name, who: total.title, what: `lost ${grouped(total.lost)}${of}${writes}${undone}` };
  };
  const named = others.length <= NAMED_MAX ? others : others.slice(0, NAMED_MAX - 1);
  const rest = others.slice(named.length);
  const parts = [part(lead, true), ...named.map((total) => part(total, false))];
  const [most, least] = [rest[0], rest.at(-1)];
  if (most === undefined || least === undefined) return parts;
  const range =
    most.lost === least.lost ? grouped(most.lost) : `between ${grouped(least.lost)} and ${grouped(most.lost)}`;
  return [...parts, { strategy: undefined, who: `the ${rest.length} others`, what: `lost ${range} each` }];
}

/** The sentence as text. */
export function verdictOf(result: ExperimentResult): string {
  const parts = verdictParts(result).map(({ who, what }) => `${who} ${what}`);
  return parts.length === 0 ? 'No strategy was run.' : `${parts.join('; ')}.`;
}

/** A count with its thousands apart, the same in every place: 11,935. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** So many of a thing: 1 delete, 3 deletes. */
export function counted(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

function totalOf({ cells }: ExperimentResult, name: string, title: string): Total {
  const runs = cells.filter(({ strategy }) => strategy === name).flatMap((cell) => cell.runs);
  const sum = (measure: 'writesLost' | 'deletesUndone' | 'acknowledged'): number =>
    runs.reduce((total, run) => total + (run[measure] ?? 0), 0);
  return { name, title, lost: sum('writesLost'), undone: sum('deletesUndone'), acknowledged: sum('acknowledged') };
}
