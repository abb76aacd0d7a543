/** Which part of the report's table a measure stands in. */

import { MEASURE_NAMES, MEASURES, type MeasureName } from '../experiment/measures.ts';
import type { MeasureGroup, PageMeasure } from './page-data.ts';

const GROUPS: Readonly<Record<MeasureName, MeasureGroup>> = {
  writesLost: 'losses',
  deletesUndone: 'losses',
  falseConflicts: 'losses',
  conflictsHidden: 'losses',
  deletesHidden: 'losses',
  wentBack: 'losses',
  diverged: 'losses',
  acknowledged: 'consistency',
  refused: 'consistency',
  availability: 'consistency',
  readMs: 'latency',
  read99Ms: 'latency',
  writeMs: 'latency',
  write99Ms: 'latency',
  staleReads: 'consistency',
  behindMean: 'consistency',
  ownWritesMissed: 'consistency',
  readsWentBack: 'consistency',
  siblingsMean: 'consistency',
  siblings99: 'consistency',
  siblingsMax: 'consistency',
  metadataPerKey: 'cost',
  metadataPerWrite: 'cost',
  convergedMs: 'consistency',
  repairMessages: 'cost',
  repairNeedless: 'cost',
  hintMessages: 'cost',
  hintNeedless: 'cost',
  hintsKept: 'cost',
  hintsExpired: 'cost',
  exchangeRecords: 'cost',
  exchangeNeedless: 'cost',
  exchangeBytes: 'cost',
  tombstonesMost: 'cost',
  tombstonesLeft: 'cost',
  tombstoneAgeMs: 'cost',
};

/** Every measure with its words and its part, in the order of tables. */
export const PAGE_MEASURES: readonly PageMeasure[] = MEASURE_NAMES.map((name) => ({
  ...{ name, group: GROUPS[name] },
  ...MEASURES[name],
}));
