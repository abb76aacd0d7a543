/**
 * The command table: what `cairn` can do, with the options of each command as data for node:util's parseArgs. The code
 * of a command is loaded when it is called, so that every command starts quickly.
 */

import type { Command } from './command.ts';
import { CARE_COMMANDS } from './commands-of-care.ts';
import { TEST_COMMANDS } from './commands-of-tests.ts';
import { CLUSTER_COMMANDS } from './commands-on-clusters.ts';
import { DATA_COMMANDS } from './commands-on-data.ts';

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ...DATA_COMMANDS,
  ...CARE_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...TEST_COMMANDS,
  [
    'replay',
    {
      summary: 'replay a commit history on replicas',
      usage: [
        'cairn replay HISTORY.jsonl [options]',
        'cairn replay --git DIR [options]',
        'cairn replay HISTORY.jsonl --strategies A,B [--told-by store] [--json]',
      ],
      options: {
        git: { type: 'string', value: 'DIR', help: 'read the history of the git repository at DIR' },
        dir: { type: 'string', value: 'DIR', help: 'keep the replicas in DIR, and go on from there next time' },
        verify: { type: 'string', value: 'FILE', help: 'compare with expected figures; exit 1 on a difference' },
        strategies: { type: 'string', value: 'A,B', help: 'compare ways to replicate, side by side; or: all' },
        'told-by': { type: 'string', value: 'WHO', help: 'of what met, merges learn by git (default), or store' },
        json: { type: 'boolean', help: 'print the result as JSON' },
        next: { type: 'boolean', help: 'say at the end what to try next' },
      },
      details: [
        'Each commit is made by a replica that has seen exactly its ancestors.',
        'Paths are keys, blobs are values, removed files are deletes. A merge exchanges',
        'with the merged branches, meets their conflicts and resolves what git resolved.',
        '',
        'With --dir every replica is a durable store in a directory of its own. A run',
        'cut off anywhere goes on where it stopped; one that was finished is opened,',
        'and each replica must still show the head. DIR is for one history; the result is',
        'DIR/result.json, and each replica a store for the other commands.',
        '',
        'With --strategies the same commits are made at replicas that follow each of the',
        'named rules, with the causality of the graph and clocks as the commits have',
        'them: what each would hide, lose, bring back, and cost. There are cairn,',
        'cairn-last-writer, cairn-delete-wins, cairn-update-wins, scalar,',
        'scalar-tombstones, lww-wall, lww-hybrid, lww-lamport, cassandra, riak-keep,',
        'riak-immediate, riak-delay, couchdb, vv-server, vv-client and dvv; their rules:',
        'cairn experiment --list. With --told-by store the author of a merge settles only',
        'what the replica shows as a conflict; git is not there to say what met.',
      ],
      load: async () => (await import('./replay.ts')).run,
    },
  ],
  [
    'drive',
    {
      summary: 'drive replicas by JSON lines',
      usage: ['cairn drive < REQUESTS.jsonl'],
      options: {},
      details: [
        'One request a line, one answer a line, in order. Try:',
        '',
        '  {"id":1,"op":"open","replica":"a"}',
        '  {"id":2,"op":"put","replica":"a","key":"k","value":1}',
        '  {"id":3,"op":"get","replica":"a","key":"k"}',
        '',
        'Operations: open put delete get record receive exchange compare clock reap',
        'join retire stats close checkHistory. With "dir", open takes a durable store.',
      ],
      load: async () => (await import('./drive.ts')).run,
    },
  ],
]);
