/** What `cairn demo` prints: the table of a replay on three replicas, and what to try while they are up. */

import { count, type Paint } from '../terminal.ts';
import type { TrioReplica } from './trio.ts';
import type { TrioReplay } from './trio-replay.ts';

const LABEL_WIDTH = 34;
const FIGURE_WIDTH = 8;

/** Who is up, and where. */
export function trioPage(replicas: readonly TrioReplica[], directory: string, paint: Paint): string {
  const lines = replicas.map(
    ({ name, url, process: child }) =>
      `  ${paint.bold(name.padEnd(8))}${url}  ${paint.dim(`process ${child.pid}, ${directory}/${name}`)}`,
  );
  return `Three replicas, each a process with a directory of its own:\n\n${lines.join('\n')}\n\n`;
}

/** The table. `differences` names figures that are not the expected ones; undefined where nothing is known to expect. */
export function replayPage(
  result: TrioReplay,
  cutName: string,
  differences: readonly string[] | undefined,
  paint: Paint,
): string {
  const { conflicts, events, through } = result;
  const row = (label: string, figure: string, note = ''): string =>
    `  ${label.padEnd(LABEL_WIDTH)}${figure.padStart(FIGURE_WIDTH)}${note === '' ? '' : `  ${paint.dim(note)}`}`;
  const met = conflicts['write-vs-write'] + conflicts['same-value'] + conflicts['delete-vs-write'];
  const shares = [...through].map(([name, commits]) => `${name} ${count(commits)}`).join(', ');
  const kinds = `${conflicts['write-vs-write']} writes, ${conflicts['same-value']} same value, ${conflicts['delete-vs-write']} delete beside write`;
  const verdict =
    differences === undefined
      ? ''
      : differences.length === 0
        ? paint.good(' as git has it, conflict by conflict')
        : paint.bad(` but git has other figures: ${differences.join(', ')}`);
  return [
    row('commits, merges', `${count(result.commits)}`, `${count(result.merges)} merges; ${shares}`),
    row('writes', count(events.writes)),
    row('deletes', count(events.deletes)),
    row('conflicts met by merges', count(met), kinds),
    row('  shown by the replica', count(result.shown)),
    row('  settled there by another merge', count(result.settled)),
    row('  out of its sight, by the cut', count(result.hidden)),
    row(
      `commits while ${cutName} was cut off`,
      count(result.commitsWhileCut),
      `${count(result.apart)} writes its peers lacked`,
    ),
    row('equal after the healing', seconds(result.healedMs), 'all three, key by key, dot by dot'),
    row('live at the head', count(result.live), result.tips === 1 ? '' : `${result.tips} lines were never merged`),
    row(
      'tombstones reaped',
      count(result.reaped),
      result.tombstonesLeft === 0 ? 'none left' : `${count(result.tombstonesLeft)} still wait`,
    ),
    row('time', seconds(result.tookMs), 'all through HTTP, each commit synced to disk'),
    '',
    `  Head digest ${result.headDigest.slice(0, 16)}…${verdict}`,
    '',
  ].join('\n');
}

/** What to try. */
export function tryPage(replicas: readonly TrioReplica[], cairn: string, paint: Paint): string {
  const [berlin = '', oslo = '', lima = ''] = replicas.map(({ url }) => url);
  const put = (url: string, value: string): string =>
    `curl -X PUT -H 'content-type: application/json' -d '"${value}"' ${url}/v1/kv/colour`;
  const part = (title: string, ...lines: readonly string[]): string =>
    `  ${paint.bold(title)}\n${lines.map((line) => `    ${line}\n`).join('')}`;
  return [
    '\nThey stay up. What to try, in another terminal:\n',
    part('how they are', `${cairn} status ${berlin}`),
    part(
      'a conflict: cut lima off, write on both sides, heal',
      `${cairn} link ${lima} cut berlin`,
      `${cairn} link ${lima} cut oslo`,
      put(berlin, 'red'),
      put(lima, 'blue'),
      `${cairn} link ${lima} heal berlin`,
      `${cairn} link ${lima} heal oslo`,
      `curl -i ${oslo}/v1/kv/colour        ${paint.dim('# 300, both values, and the context in a header')}`,
      `curl -X PUT -H 'content-type: application/json' -d '"violet"' -H 'cairn-context: …' ${oslo}/v1/kv/colour`,
    ),
    part(
      'a delete, seen everywhere',
      `curl -X DELETE ${berlin}/v1/kv/colour`,
      `curl -i ${lima}/v1/kv/colour        ${paint.dim('# 410, and 404 once every member has seen it')}`,
    ),
    part('what changes, as it happens', `curl -N '${oslo}/v1/changes'`),
    part('figures for Prometheus', `curl ${berlin}/metrics`),
    '\nCtrl-C ends all three.\n',
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
