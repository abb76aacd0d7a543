/** An explanation of a key as text for people: what it shows and why, a paragraph a question. */

import { formatDot } from '../clock/dot.ts';
import type { CounterRange, ExplainedVersion, Explanation } from '../store/explain.ts';
import { quoted, siblingLine } from './output.ts';
import type { Paint } from './terminal.ts';

/** Ends with a newline. */
export function formatExplanation(explanation: Explanation<unknown>, paint: Paint): string {
  const { versions } = explanation;
  const lines = [
    paint.bold(headline(explanation)),
    ...versions.flatMap((version) => versionLines(version, explanation.isDecided)),
    ...lossLines(explanation),
    ...contextLines(explanation, paint),
    ...reapingLines(explanation, paint),
  ];
  return `${lines.join('\n')}\n`;
}

/** The counters of one replica: `lima~4tz0 1 to 7, 9`. */
export function formatContext(id: string, ranges: readonly CounterRange[]): string {
  return `${id} ${ranges.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ')}`;
}

function headline({ key, status, versions, isDecided }: Explanation<unknown>): string {
  const name = quoted(key);
  const several = `${versions.length} versions, none of which knew of another`;
  switch (status) {
    case 'absent':
      return `${name} is absent: this replica holds no version of it.`;
    case 'damaged':
      return `${name} is damaged: its stored record was lost, and peers are asked for it.`;
    case 'conflict':
      return `${name} is in conflict: ${several}.`;
    case 'deleted':
      if (isDecided) return `${name} shows a delete, which the policy of the store chose of ${several}.`;
      return `${name} is deleted: ${versions.length === 1 ? 'it holds a tombstone' : `it holds ${several}, all deletes`}.`;
    case 'live':
      if (isDecided) return `${name} shows what the policy of the store chose of ${several}.`;
      return `${name} is live: it holds one version.`;
  }
}

function versionLines({ sibling, isShown, concurrentWith }: ExplainedVersion<unknown>, isDecided: boolean): string[] {
  const lines = [`  ${siblingLine(sibling)}${isDecided && isShown ? '  (shown)' : ''}`];
  if (concurrentWith.length > 0) lines.push(`    concurrent with ${concurrentWith.map(formatDot).join(', ')}`);
  return lines;
}

function lossLines({ lost }: Explanation<unknown>): string[] {
  if (lost === undefined) return [];
  const dots = lost.length === 0 ? 'nobody knows which versions it held' : `lost: ${lost.map(formatDot).join(', ')}`;
  return [`  ${dots}`, '  Exchange with a healthy peer: cairn verify DIR --repair --from DIR2'];
}

function contextLines({ versions, context, lost, reapedUpTo }: Explanation<unknown>, paint: Paint): string[] {
  const superseded = context.map(({ id, covered, held }) => ({ id, ranges: without(covered, held) }));
  const lines = ['', paint.bold('Superseded')];
  const left = superseded.filter(({ ranges }) => ranges.length > 0);
  if (left.length === 0) lines.push('  Nothing: the replica has seen no other write.');
  else if (lost !== undefined) lines.push('  A version of it by one of these writes, that peers do not hold any more:');
  else if (versions.length === 0)
    lines.push('  There was none, or it was deleted and the delete reaped, by these writes:');
  else lines.push(`  Any other version of it by one of these writes, by ${whoOf(versions)} or before:`);
  for (const { id, ranges } of left) lines.push(`    ${formatContext(id, ranges)}`);
  const fences = Object.entries(reapedUpTo);
  if (versions.length === 0 && lost === undefined && fences.length > 0)
    lines.push(`  Deletes were reaped up to ${fences.map(([id, counter]) => formatDot({ id, counter })).join(', ')}.`);
  const refused = context.filter((part) => part.refused.length > 0);
  if (refused.length > 0) {
    lines.push('', paint.bold('Refused when it comes'));
    lines.push('  Not seen here yet, but known to be superseded:');
    for (const { id, refused: ranges } of refused) lines.push(`    ${formatContext(id, ranges)}`);
  }
  return lines;
}

function whoOf(versions: readonly ExplainedVersion<unknown>[]): string {
  return versions.some(({ supersedes }) => supersedes === 'share') ? 'one of them' : 'it';
}

/** The ranges less single counters, which are in order. */
function without(ranges: readonly CounterRange[], counters: readonly number[]): readonly CounterRange[] {
  return counters.reduce<readonly CounterRange[]>(
    (left, counter) =>
      left.flatMap(([from, to]): CounterRange[] => {
        if (counter < from || counter > to) return [[from, to]];
        const around: CounterRange[] = [
          [from, counter - 1],
          [counter + 1, to],
        ];
        return around.filter(([first, last]) => first <= last);
      }),
    ranges,
  );
}

function reapingLines({ reaping }: Explanation<unknown>, paint: Paint): string[] {
  if (reaping === undefined) return [];
  const lines = ['', paint.bold('Reaping')];
  if (reaping.canBeReaped) lines.push('  Every member has seen the delete: the next reaping removes it.');
  if (reaping.hasResidual) lines.push('  It stays: it refuses versions that this replica has not seen yet.');
  for (const { member, isMet, lacks } of reaping.waitsFor) {
    const seen = isMet ? `is not known to have seen ${lacks.map(formatDot).join(', ')}` : 'was never met';
    lines.push(`  It waits for ${quoted(member)}, which ${seen}.`);
  }
  return lines;
}
