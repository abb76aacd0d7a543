/** The commands that look after a whole store in a directory; part of the command table. */

import type { Command, Option } from './command.ts';
import { LINK_OPTIONS } from './link-options.ts';

const JSON_OUTPUT: Option = { type: 'boolean', help: 'print data as JSON' };

/** Name → command. */
export const CARE_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'inspect',
    {
      summary: 'show what a store knows, or holds of one key',
      usage: ['cairn inspect DIR [KEY] [--json]'],
      options: { json: JSON_OUTPUT },
      details: [
        'Its identity, members, clocks, peers, counts and damaged keys. With KEY: its',
        'versions, its residual, and how many bytes it takes.',
      ],
      load: async () => (await import('./inspect.ts')).run,
    },
  ],
  [
    'verify',
    {
      summary: 'check every stored byte',
      usage: [
        'cairn verify DIR [--json]',
        'cairn verify DIR --repair --from DIR2|URL',
        'cairn verify DIR --accept-loss',
      ],
      options: {
        repair: { type: 'boolean', help: 'fill in what was lost' },
        from: { type: 'string', value: 'DIR2|URL', help: 'by an exchange with that store or replica' },
        ...LINK_OPTIONS,
        'accept-loss': { type: 'boolean', help: 'give up what nobody could fill in' },
        json: { type: 'boolean', help: 'print a line of JSON a check' },
      },
      details: [
        'Lists each fault with its key and kind. Exit status 1 when there is one; with',
        '--repair, when one is left after the exchange. A key whose record was lost',
        'counts as damaged from then on: it is never taken for absent.',
      ],
      load: async () => (await import('./verify.ts')).run,
    },
  ],
  [
    'backup',
    {
      summary: 'save a whole store to a file',
      usage: ['cairn backup DIR FILE [--json]'],
      options: { json: JSON_OUTPUT },
      details: [
        'FILE is there whole and durable, or as it was before. A store that another',
        'process has open is refused (STORAGE_LOCKED): that process can save it itself,',
        'with store.backup().',
      ],
      load: async () => (await import('./backup.ts')).run,
    },
  ],
  [
    'restore',
    {
      summary: 'make a store out of a backup',
      usage: ['cairn restore FILE DIR [--json]'],
      options: { json: JSON_OUTPUT },
      details: [
        'DIR must hold nothing, and is there when all of it is. The replica goes on as a',
        'new incarnation: it has forgotten what it wrote after the backup.',
      ],
      load: async () => (await import('./restore.ts')).run,
    },
  ],
  [
    'exchange',
    {
      summary: 'bring two stores to the same knowledge',
      usage: ['cairn exchange DIR1 DIR2 [options]', 'cairn exchange DIR ws://HOST:PORT [options]'],
      options: {
        'one-way': { type: 'boolean', help: 'DIR2 only learns from DIR1' },
        name: { type: 'string', value: 'NAME', help: 'name of the replica, where a store is made' },
        ...LINK_OPTIONS,
        json: JSON_OUTPUT,
      },
      details: [
        'Where one of them is not there, a replica is made that learns from the other.',
        'With a running replica (ws://, wss://) both learn, and both show who they are.',
      ],
      load: async () => (await import('./exchange.ts')).run,
    },
  ],
  [
    'compact',
    {
      summary: 'give back the room of what was overwritten',
      usage: ['cairn compact DIR [--json]'],
      options: { json: JSON_OUTPUT },
      details: ['The storage engine does so by itself in time; this does it now.'],
      load: async () => (await import('./compact.ts')).run,
    },
  ],
  [
    'reap',
    {
      summary: 'remove deletes that every member has seen',
      usage: ['cairn reap DIR [--force] [--json]'],
      options: {
        force: { type: 'boolean', help: 'also those that members have not seen' },
        json: JSON_OUTPUT,
      },
      details: [
        'Says whom the others wait for. By force a delete beside an update that nobody',
        'knew of goes unnoticed; a deleted value never comes back.',
      ],
      load: async () => (await import('./reap.ts')).run,
    },
  ],
];
