/** The result of a replay as a table for people: aligned, at most 80 columns, every figure with its unit. */

import type { Losses } from '../lab/history/last-writer-wins.ts';
import type { ReplayResult } from '../lab/history/replay-result.ts';
import { count, type Paint } from './terminal.ts';

const LABEL_WIDTH = 32;
const FIGURE_WIDTH = 10;

/** Ends with a newline. */
export function replayTable(result: ReplayResult, source: string, paint: Paint): string {
  const { events, conflicts, exchanges, tombstones, metadataBytes, lastWriterWins } = result;
  const heading = (text: string): string => paint.bold(text);
  const row = (label: string, figure: string, note = ''): string => {
    const line = `  ${label.padEnd(LABEL_WIDTH)}${figure.padStart(FIGURE_WIDTH)}`;
    return note === '' ? line : `${line}  ${paint.dim(note)}`;
  };
  const met = conflicts['write-vs-write'] + conflicts['same-value'] + conflicts['delete-vs-write'];
  const sum = (of: 'exchanges' | 'records' | 'bytes'): number => exchanges.reduce((total, mode) => total + mode[of], 0);
  const lines = [
    heading(`Replay of ${source}`),
    '',
    heading('History'),
    row('commits', count(result.commits)),
    row('merges', count(result.merges)),
    ...(result.tips > 1 ? [row('branches never merged', count(result.tips - 1), 'not in the head')] : []),
    row('writes', count(events.writes)),
    row('deletes', count(events.deletes)),
    '',
    heading('Concurrent pairs met by merges'),
    row('write / write', count(conflicts['write-vs-write']), 'different contents'),
    row('same value', count(conflicts['same-value']), 'both sides agree'),
    row('delete / write', count(conflicts['delete-vs-write'])),
    row('in all', count(met), `met in ${count(result.perMerge.length)} merges`),
    '',
    heading('At the head'),
    row('live keys', count(result.headLive)),
    row('deleted keys', count(result.headDeleted)),
    row('tombstones before reaping', count(tombstones.before)),
    row('tombstones after', count(tombstones.after), 'all replicas saw the deletes'),
    row('metadata a live key, sent', `${metadataBytes.sentPerKey.toFixed(1)} B`, 'in the stream of an exchange'),
    row('metadata a live key, alone', `${metadataBytes.alonePerKey.toFixed(1)} B`, 'replica id, counter, time'),
    row('metadata for all keys', `${count(metadataBytes.seenOnce)} B`, 'what the replica has seen'),
    '',
    heading('Replicas'),
    row('used', count(result.replicas)),
    row('exchanges', count(sum('exchanges')), modeNote(result)),
    row('records sent', count(sum('records'))),
    row('bytes sent', kilobytes(sum('bytes'))),
    '',
    heading('Last-writer-wins by commit time would silently have lost'),
    row('writes dropped', count(lastWriterWins.writesDropped.total), lossNote(lastWriterWins.writesDropped)),
    row('deletes undone', count(lastWriterWins.deletesUndone.total), lossNote(lastWriterWins.deletesUndone)),
    ...FOOTNOTE.map((line) => paint.dim(`  ${line}`)),
    '',
    `Head digest ${result.headDigest}`,
    timeLine(result),
    '',
  ];
  return lines.join('\n');
}

function timeLine({ commits, continuedFrom, timeMs }: ReplayResult): string {
  const time = `${(timeMs / 1_000).toFixed(2)} s`;
  if (continuedFrom === 0) return `Replayed in ${time}`;
  if (continuedFrom < commits) return `Continued from ${count(continuedFrom)} commits that were done, in ${time}`;
  return `Continued from all ${count(commits)} commits, done before: opened and checked in ${time}`;
}

const FOOTNOTE: readonly string[] = [
  'Dropped: two branches meet with different contents and the older goes, or a',
  'write is not newer than what its own branch holds (clock skew). Undone: a',
  'delete goes that way. Each counts once, also where the merge then wrote the',
  'path anew: the loss came first, and nothing told its author.',
];

function modeNote({ exchanges }: ReplayResult): string {
  return exchanges.length > 1 ? exchanges.map((mode) => `${count(mode.exchanges)} ${mode.mode}`).join(', ') : '';
}

function lossNote({ total, concurrent, clockSkew }: Losses): string {
  return total === 0 ? '' : `${count(concurrent)} concurrent, ${count(clockSkew)} by clock skew`;
}

function kilobytes(bytes: number): string {
  return bytes < 10_000 ? `${count(bytes)} B` : `${count(Math.round(bytes / 1_000))} kB`;
}
