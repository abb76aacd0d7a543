/** What is measured of a run, by name: each with what it means, its unit, and which way is better. Data for tables and plots. */

export type MeasureUnit = 'count' | 'share' | 'ms' | 'bytes' | 'number';

export type Measure = {
  readonly title: string;
  readonly about: string;
  readonly unit: MeasureUnit;
  readonly better: 'less' | 'more' | 'neither';
};

/** In the order of MEASURES. */
export type MeasureName =
  | 'writesLost'
  | 'deletesUndone'
  | 'falseConflicts'
  | 'conflictsHidden'
  | 'deletesHidden'
  | 'wentBack'
  | 'diverged'
  | 'acknowledged'
  | 'refused'
  | 'availability'
  | 'readMs'
  | 'read99Ms'
  | 'writeMs'
  | 'write99Ms'
  | 'staleReads'
  | 'behindMean'
  | 'ownWritesMissed'
  | 'readsWentBack'
  | 'siblingsMean'
  | 'siblings99'
  | 'siblingsMax'
  | 'metadataPerKey'
  | 'metadataPerWrite'
  | 'convergedMs'
  | 'repairMessages'
  | 'repairNeedless'
  | 'hintMessages'
  | 'hintNeedless'
  | 'hintsKept'
  | 'hintsExpired'
  | 'exchangeRecords'
  | 'exchangeNeedless'
  | 'exchangeBytes'
  | 'tombstonesMost'
  | 'tombstonesLeft'
  | 'tombstoneAgeMs';

const measure = (unit: MeasureUnit, better: Measure['better'], title: string, about: string): Measure => ({
  title,
  about,
  unit,
  better,
});

/** In the order of tables: what went wrong first. */
export const MEASURES: Readonly<Record<MeasureName, Measure>> = {
  writesLost: measure(
    'count',
    'less',
    'writes lost',
    'acknowledged, overwritten by nobody, and shown by no replica in the end',
  ),
  deletesUndone: measure(
    'count',
    'less',
    'deletes undone',
    'deletes after which a value they had covered was shown again',
  ),
  falseConflicts: measure('count', 'less', 'false conflicts', 'values shown beside a newer one that was based on them'),
  conflictsHidden: measure(
    'count',
    'less',
    'writes hidden',
    'writes that some reader was not shown although nobody had overwritten them',
  ),
  deletesHidden: measure(
    'count',
    'less',
    'deletes hidden',
    'deletes that some reader was not told of beside a concurrent value',
  ),
  wentBack: measure(
    'count',
    'less',
    'overwritten values shown',
    'values shown in the place of a newer one that was based on them',
  ),
  diverged: measure('count', 'less', 'keys diverged', 'keys that replicas show differently in the end'),
  acknowledged: measure(
    'count',
    'more',
    'writes acknowledged',
    'writes and deletes that W replicas acknowledged in time',
  ),
  refused: measure('count', 'less', 'writes refused', 'writes that the strategy refused'),
  availability: measure('share', 'more', 'availability', 'operations that were answered in time'),
  readMs: measure('ms', 'less', 'read latency, median', 'from the call to the answer'),
  read99Ms: measure('ms', 'less', 'read latency, 99 %', 'from the call to the answer'),
  writeMs: measure('ms', 'less', 'write latency, median', 'from the call to the acknowledgement'),
  write99Ms: measure('ms', 'less', 'write latency, 99 %', 'from the call to the acknowledgement'),
  staleReads: measure('share', 'less', 'stale reads', 'reads that lacked a write acknowledged before they began'),
  behindMean: measure(
    'number',
    'less',
    'writes behind, mean',
    'acknowledged operations that a read lacked (k-staleness)',
  ),
  ownWritesMissed: measure(
    'share',
    'less',
    'own writes missed',
    'reads that did not reflect the newest write of the same client',
  ),
  readsWentBack: measure(
    'share',
    'less',
    'reads that went back',
    'reads that lacked what the same client had been shown before',
  ),
  siblingsMean: measure('number', 'neither', 'siblings, mean', 'values shown by a read that shows any'),
  siblings99: measure('number', 'neither', 'siblings, 99 %', 'values shown by a read that shows any'),
  siblingsMax: measure('number', 'neither', 'siblings, most', 'values shown by a read'),
  metadataPerKey: measure(
    'bytes',
    'less',
    'metadata a key',
    'bytes beside keys and values, per key with a value, in the end',
  ),
  metadataPerWrite: measure(
    'bytes',
    'less',
    'metadata a message',
    'bytes beside key and value of a write told to another replica; one of eight writes is weighed',
  ),
  convergedMs: measure('ms', 'less', 'time to converge', 'from healing until all replicas show the same'),
  repairMessages: measure('count', 'less', 'read repairs', 'records sent by read repair'),
  repairNeedless: measure('share', 'less', 'read repairs, needless', 'of these: changed nothing where they came to'),
  hintMessages: measure('count', 'neither', 'hints sent', 'records handed off'),
  hintNeedless: measure('share', 'less', 'hints, needless', 'of these: changed nothing where they came to'),
  hintsKept: measure('count', 'neither', 'hints kept', 'writes owed to a replica that did not acknowledge in time'),
  hintsExpired: measure('count', 'less', 'hints expired', 'dropped before they could be handed off'),
  exchangeRecords: measure('count', 'neither', 'records exchanged', 'sent by anti-entropy'),
  exchangeNeedless: measure(
    'share',
    'less',
    'records exchanged, needless',
    'of these: changed nothing where they came to',
  ),
  exchangeBytes: measure(
    'bytes',
    'less',
    'bytes exchanged',
    'sent by anti-entropy: records with their keys, values as short as numbers',
  ),
  tombstonesMost: measure(
    'count',
    'less',
    'tombstones, most',
    'traces of deletes held by all replicas together, at the worst moment',
  ),
  tombstonesLeft: measure(
    'count',
    'less',
    'tombstones left',
    'traces of deletes held by all replicas together, in the end',
  ),
  tombstoneAgeMs: measure('ms', 'less', 'oldest tombstone', 'age of the oldest trace of a delete, in the end'),
};

/** One run's figures; null where there is nothing to measure. */
export type Measures = Readonly<Record<MeasureName, number | null>>;

export const MEASURE_NAMES: readonly MeasureName[] = Object.keys(MEASURES) as MeasureName[]; // as: its own keys
