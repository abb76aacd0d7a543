/** `cairn status`: how a running replica is, for people; with --json all it tells. */

import type { PeerStatus, ReplicaStatus } from '../replica/replica-types.ts';
import { flag, words } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';
import { write } from './output.ts';
import { plainly, remoteAt } from './remote.ts';
import { isAddress } from './serve/addresses.ts';
import { count, type Paint, paintFor } from './terminal.ts';

/** Runs the command; the exit status: 1 when the replica is not ready. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = ''] = words('status', invocation, ['URL']);
  if (!isAddress(where))
    throw new UsageError('Cannot tell the status: give the URL of a running replica; of a directory: cairn inspect');
  const remote = await remoteAt(where, invocation);
  const status = await plainly(() => remote.status());
  if (flag(invocation, 'json')) await write(`${JSON.stringify(status)}\n`);
  else await write(statusPage(status, paintFor(process.stdout), Date.now()));
  return status.isReady ? 0 : 1;
}

/** The page for people. */
export function statusPage(status: ReplicaStatus, paint: Paint, now: number): string {
  const { name, id, members, group, stats, tombstones, reapLagMs, counters, keyspace } = status;
  const rows: (readonly [string, string])[] = [
    ['keys', keysLine(stats)],
    ['members', members.join(', ')],
    ['group', `N ${group.n}, R ${group.r}, W ${group.w}${group.isSloppy ? ', sloppy' : ''}`],
    ['deletes', deletesLine(tombstones, reapLagMs)],
    [
      'calls',
      `${count(counters.puts)} puts, ${count(counters.deletes)} deletes, ${count(counters.gets)} gets${quorumPart(counters)}`,
    ],
    ['repaired', repairsLine(counters)],
    ...(counters.hints > 0 ? [['hints', `${count(counters.hints)} writes are kept for absent members`] as const] : []),
    ...(keyspace === '' ? [] : [['keyspace', keyspace] as const]),
  ];
  const head = `${paint.bold(name)}  ${readiness(status, paint)}  ${paint.dim(id)}`;
  const lines = rows.map(([title, text]) => `  ${paint.dim(title.padEnd(9))} ${text}`);
  return [head, ...lines, '', ...peerLines(status.peers, paint, now), ''].join('\n');
}

function readiness({ isReady, isDraining }: ReplicaStatus, paint: Paint): string {
  if (isDraining) return paint.bad('draining');
  return isReady ? paint.good('ready') : paint.bad('catching up');
}

function keysLine({ live, conflicts, tombstones, siblings }: ReplicaStatus['stats']): string {
  const conflict =
    conflicts === 0 ? 'none in conflict' : `${count(conflicts)} in conflict (${count(siblings)} siblings)`;
  return `${count(live)} live, ${conflict}, ${count(tombstones)} deleted`;
}

function deletesLine({ waiting, waitingFor }: ReplicaStatus['tombstones'], lagMs: number): string {
  if (waiting === 0) return 'none waits to be reaped';
  const names = Object.entries(waitingFor).map(([member, keys]) => `${member} (${count(keys)})`);
  const forWhom = names.length === 0 ? '' : `, for ${names.join(', ')}`;
  return `${count(waiting)} wait to be reaped${forWhom}, the oldest since ${duration(lagMs)}`;
}

function quorumPart({ quorumFailures }: ReplicaStatus['counters']): string {
  return quorumFailures === 0 ? '' : `, ${count(quorumFailures)} without enough replicas`;
}

function repairsLine(counters: ReplicaStatus['counters']): string {
  const { repairedWithValue, repairedWithTombstone, repairedByDropping } = counters;
  const sum = repairedWithValue + repairedWithTombstone + repairedByDropping;
  if (sum === 0) return 'nothing by reads';
  return `by reads: ${count(repairedWithValue)} values, ${count(repairedWithTombstone)} deletes, ${count(repairedByDropping)} dropped`;
}

function peerLines(peers: readonly PeerStatus[], paint: Paint, now: number): string[] {
  if (peers.length === 0) return [`  ${paint.dim('no peers')}`];
  const rows = peers.map((peer) => [
    peer.name,
    peer.state,
    peer.isMember ? 'member' : '-',
    peer.lag === 0 ? '0' : count(peer.lag),
    since(peer.lastExchangeAt, now),
    peer.address ?? '-',
  ]);
  const titles = ['PEER', 'LINK', '', 'LACKS', 'EXCHANGED', 'ADDRESS'];
  const widths = titles.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]): string[] => cells.map((cell, at) => cell.padEnd(widths[at] ?? 0));
  return [
    `  ${paint.dim(line(titles).join('  ').trimEnd())}`,
    ...rows.map((row) => {
      const [name = '', state = '', ...rest] = line(row);
      const colour = row[1] === 'connected' ? paint.good : paint.bad;
      return `  ${name}  ${colour(state)}  ${rest.join('  ')}`.trimEnd();
    }),
  ];
}

function since(at: number | undefined | null, now: number): string {
  return typeof at === 'number' ? `${duration(now - at)} ago` : 'never';
}

/** 3 s, 5 min, 2 h, 4 d. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
