/**
 * One number a key says which version is newer: each write takes the next one, the higher one wins, whoever had seen whom.
 * Where a delete leaves no trace, a replica that did not hear of it brings the value back.
 */

import { keyStrategy } from './key-strategy.ts';
import { type Stamped, stampedRules } from './last-writer.ts';
import type { Strategy } from './strategy.ts';

const SOURCE = 'https://www.allthingsdistributed.com/files/amazon-dynamo-sosp2007.pdf';

/** Deletes are told, and leave nothing behind. */
export const scalar: Strategy = keyStrategy<Stamped>({
  name: 'scalar',
  title: 'scalar version, no tombstones',
  rule: 'the version with the higher number stays; a delete leaves nothing behind',
  source: SOURCE,
  ...stampedRules(nextNumber),
  kept: (state) => (state.isDelete ? undefined : state),
});

/** A delete is a version too, and is kept for ever. */
export const scalarWithTombstones: Strategy = keyStrategy<Stamped>({
  name: 'scalar-tombstones',
  title: 'scalar version, tombstones',
  rule: 'the version with the higher number stays, a delete like any other, for ever',
  source: SOURCE,
  ...stampedRules(nextNumber),
});

function nextNumber(held: Stamped | undefined): number {
  return (held?.time ?? 0) + 1;
}
