/** The commands that read and write the keys of a store in a directory; part of the command table. */

import type { Command, Option } from './command.ts';

const JSON_OUTPUT: Option = { type: 'boolean', help: 'print data as JSON' };
const CONTEXT: Option = { type: 'string', value: 'TOKEN', help: 'what the write is based on: local, none, or a token' };
const TOKEN_FILE: Option = { type: 'string', value: 'FILE', help: 'the secret for a URL (or CAIRN_TOKEN)' };
const NAME: Option = { type: 'string', value: 'NAME', help: 'name of the replica, where a store is made' };

const CONTEXTS: readonly string[] = [
  'Based on `local` (default) it replaces what the store shows; a key in conflict',
  'is refused. On `none` it becomes a sibling. On the context that `get` printed it',
  'replaces what was shown then, so this settles a conflict. Prints the dot of the',
  'write and the context for the next one.',
];

const VALUES: readonly string[] = [
  'What JSON lacks is an object with one field:',
  '  {"$bigint":"12"}  {"$date":"2026-01-31T12:00:00.000Z"}',
  '  {"$bytes":"base64url"}  {"$number":"-0"}',
  'An object of your own with just such a field has one more `$` in front.',
];

/** Name → command. */
export const DATA_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'get',
    {
      summary: 'show what a key holds',
      usage: ['cairn get DIR|URL KEY [--json]'],
      options: { 'token-file': TOKEN_FILE, json: JSON_OUTPUT },
      details: [
        'Prints the value as JSON; of a conflict CONFLICT, the siblings, and the context',
        'that settles it (cairn put DIR KEY JSON --context TOKEN). Exit status 1 for a',
        'key that is absent or deleted. URL is a running replica: http://HOST:PORT.',
        '',
        ...VALUES,
      ],
      load: async () => (await import('./get.ts')).run,
    },
  ],
  [
    'put',
    {
      summary: 'write a value',
      usage: ['cairn put DIR|URL KEY JSON [options]', 'cairn put DIR|URL KEY --text TEXT | --file FILE [options]'],
      options: {
        text: { type: 'string', value: 'TEXT', help: 'the value is this text, as it is' },
        file: { type: 'string', value: 'FILE', help: 'the value is the bytes of this file' },
        context: CONTEXT,
        name: NAME,
        'token-file': TOKEN_FILE,
        json: JSON_OUTPUT,
      },
      details: [
        'Makes a store where none is. `-` for JSON reads it from standard input.',
        '',
        ...CONTEXTS,
        '',
        ...VALUES,
      ],
      load: async () => (await import('./put.ts')).run,
    },
  ],
  [
    'delete',
    {
      summary: 'delete a key',
      usage: ['cairn delete DIR|URL KEY [options]'],
      options: { context: CONTEXT, 'token-file': TOKEN_FILE, json: JSON_OUTPUT },
      details: CONTEXTS,
      load: async () => (await import('./delete.ts')).run,
    },
  ],
  [
    'update',
    {
      summary: 'change a value by a JSON merge patch',
      usage: ["cairn update DIR|URL KEY 'PATCH' [--json]"],
      options: { 'token-file': TOKEN_FILE, json: JSON_OUTPUT },
      details: [
        'RFC 7396: fields of the patch replace those of the value, null removes them,',
        'anything but an object replaces the whole. A key in conflict is refused.',
        '',
        ...VALUES,
      ],
      load: async () => (await import('./update.ts')).run,
    },
  ],
  [
    'conflicts',
    {
      summary: 'list the keys that hold concurrent versions',
      usage: ['cairn conflicts DIR|URL [options]'],
      options: {
        prefix: { type: 'string', value: 'PREFIX', help: 'only keys that begin with it' },
        'token-file': TOKEN_FILE,
        json: { type: 'boolean', help: 'print a line of JSON a key' },
      },
      details: ['Each with its siblings, deletes among them.'],
      load: async () => (await import('./conflicts.ts')).run,
    },
  ],
  [
    'why',
    {
      summary: 'explain why a key shows what it shows',
      usage: ['cairn why DIR KEY [--json]'],
      options: { json: JSON_OUTPUT },
      details: [
        'Which versions it holds, which are concurrent, what is known to be superseded,',
        'what is refused when it comes late, what its tombstones wait for, what was lost.',
      ],
      load: async () => (await import('./why.ts')).run,
    },
  ],
  [
    'export',
    {
      summary: 'print what a store shows as JSON lines',
      usage: ['cairn export DIR [--prefix PREFIX] > FILE'],
      options: { prefix: { type: 'string', value: 'PREFIX', help: 'only keys that begin with it' } },
      details: [
        'One key a line, in order:',
        '  {"key":"a","value":1}',
        '  {"key":"b","deleted":true}',
        '  {"key":"c","siblings":[{"value":1},{"value":2},{"deleted":true}]}',
        '',
        'An import shows the same. Not kept are dots, times, contexts and members: an',
        'import is new writes that know nothing of the old ones. `cairn backup` keeps',
        'it all, and `cairn exchange` carries it over.',
        '',
        ...VALUES,
      ],
      load: async () => (await import('./export.ts')).run,
    },
  ],
  [
    'import',
    {
      summary: 'write what an export printed',
      usage: ['cairn import DIR [FILE] [options]'],
      options: { name: NAME, json: JSON_OUTPUT },
      details: [
        'Makes a store where none is. Reads standard input without a FILE. Each key then',
        'shows what its line says, whatever it showed before; keys not named stay. Cut',
        'off, some lines are done; doing it again is harmless. See: cairn help export',
      ],
      load: async () => (await import('./import.ts')).run,
    },
  ],
];
