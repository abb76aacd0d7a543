/** What every preset asserts of Cairn, in every single run. */

import type { MeasureName } from '../experiment/measures.ts';
import type { Assertion } from '../scenario/scenario.ts';

/** No write lost, no delete undone, no false conflict, nothing hidden, and all replicas alike in the end. */
export function nothingLost(strategy = 'cairn'): readonly Assertion[] {
  const measures: readonly MeasureName[] = [
    'writesLost',
    'deletesUndone',
    'falseConflicts',
    'conflictsHidden',
    'diverged',
  ];
  return measures.map((measure) => ({ strategy, measure, is: '=', to: 0, of: 'every' }));
}

/** That a strategy shows the failure it is known for, in the mean of the runs. */
export function shows(strategy: string, measure: MeasureName, to = 0): Assertion {
  return { strategy, measure, is: '>', to };
}
