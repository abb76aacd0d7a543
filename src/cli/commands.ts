/**
 * The command table: what `cairn` can do, with the options of each command as data for node:util's parseArgs. The code
 * of a command is loaded when it is called, so that every command starts quickly.
 */

import type { Command } from './command.ts';

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'replay',
    {
      summary: 'replay a commit history on replicas',
      usage: ['cairn replay HISTORY.jsonl [options]', 'cairn replay --git DIR [options]'],
      options: {
        git: { type: 'string', value: 'DIR', help: 'read the history of the git repository at DIR' },
        verify: { type: 'string', value: 'FILE', help: 'compare with expected figures; exit 1 on a difference' },
        json: { type: 'boolean', help: 'print the result as JSON' },
        next: { type: 'boolean', help: 'say at the end what to try next' },
      },
      details: [
        'Each commit is made by a replica that has seen exactly its ancestors.',
        'Paths are keys, blobs are values, removed files are deletes. A merge exchanges',
        'with the merged branches, meets their conflicts and resolves what git resolved.',
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
        'join retire stats close checkHistory.',
      ],
      load: async () => (await import('./drive.ts')).run,
    },
  ],
]);
