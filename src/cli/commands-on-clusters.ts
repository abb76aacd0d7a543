/** The commands around a running replica; part of the command table. */

import type { Command, Option } from './command.ts';
import { flagOf, SETTINGS, type Setting } from './serve/settings.ts';

const JSON_OUTPUT: Option = { type: 'boolean', help: 'print data as JSON' };
const TOKEN_FILE: Option = { type: 'string', value: 'FILE', help: 'the secret for a URL (or CAIRN_TOKEN)' };

function optionOf({ kind, help, value = '' }: Setting): Option {
  return kind === 'flag' ? { type: 'boolean', help } : { type: 'string', multiple: kind === 'list', value, help };
}

const SERVE_OPTIONS: { readonly [option: string]: Option } = {
  ...Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [flagOf(name), optionOf(setting)])),
  config: { type: 'string', value: 'FILE', help: 'settings as JSON; docs/cairn.schema.json' },
};

/** Name → command. */
export const CLUSTER_COMMANDS: readonly (readonly [string, Command])[] = [
  [
    'serve',
    {
      summary: 'run a replica: HTTP for clients, WebSockets for peers',
      usage: ['cairn serve --name NAME --data DIR [options]', 'cairn serve --config FILE [options]'],
      options: SERVE_OPTIONS,
      details: [
        'Each setting may stand in the environment (--token-file as CAIRN_TOKEN_FILE) and',
        'in the config file ("tokenFile"). A flag comes before the environment, that',
        'before the file.',
        '',
        'Prints `ready` and its addresses when it listens; logs to stderr. SIGTERM and',
        'SIGINT let what is under way end, a second one does not wait. For others to',
        'reach it, it needs a --token-file.',
      ],
      load: async () => (await import('./serve.ts')).run,
    },
  ],
  [
    'status',
    {
      summary: 'show how a running replica is, and its peers',
      usage: ['cairn status URL [--json]'],
      options: { 'token-file': TOKEN_FILE, json: JSON_OUTPUT },
      details: [
        'LACKS: how many writes seen here a peer is not known to have. Exit status 1',
        'while it is not ready.',
      ],
      load: async () => (await import('./status.ts')).run,
    },
  ],
  [
    'members',
    {
      summary: 'show or change who holds the keys',
      usage: ['cairn members URL|DIR', 'cairn members URL|DIR join NAME | retire NAME | replace OLD NEW'],
      options: { 'token-file': TOKEN_FILE, json: JSON_OUTPUT },
      details: [
        'The list is replicated: tell one replica. Deletes are reaped when every member',
        'has seen them, so retire one that does not come back. One that comes back all',
        'the same keeps what it wrote, and brings nothing back that was deleted.',
      ],
      load: async () => (await import('./members.ts')).run,
    },
  ],
  [
    'link',
    {
      summary: 'cut a link of a running replica, or heal it',
      usage: ['cairn link URL cut|heal PEER'],
      options: { 'token-file': TOKEN_FILE, json: JSON_OUTPUT },
      details: ['For tests and demonstrations: both go on taking writes. A restart heals.'],
      load: async () => (await import('./link.ts')).run,
    },
  ],
  [
    'demo',
    {
      summary: 'three replicas here, a real history, one of them cut off',
      usage: ['cairn demo HISTORY.jsonl [options]'],
      options: {
        dir: { type: 'string', value: 'DIR', help: 'where the replicas are (default .cairn/demo)' },
        verify: { type: 'string', value: 'FILE', help: 'compare with expected figures; exit 1 on a difference' },
        once: { type: 'boolean', help: 'end when the history is replayed' },
      },
      details: [
        'Begins anew each time: replicas of an earlier run in DIR are removed, and none',
        'that no demo has made: a file CAIRN-DEMO in DIR tells. A line of development',
        'stays at one replica, a fork moves on to the next; each commit is written on the',
        'contexts of its parents, and a merge settles what met.',
      ],
      load: async () => (await import('./demo.ts')).run,
    },
  ],
  [
    'token',
    {
      summary: 'make a token for clients or for a peer',
      usage: ['cairn token NAME SCOPE[,SCOPE] [PREFIX] [--to FILE]'],
      options: {
        to: { type: 'string', value: 'FILE', help: 'add the line to this token file; print only the secret' },
        json: JSON_OUTPUT,
      },
      details: [
        'Scopes over HTTP: read, write, admin (members, links); with PREFIX only keys',
        'that begin with it. Scopes of replicas, whose NAME is then theirs: peer, or',
        'device for one that brings no writes but its own.',
        '',
        'The line for the token file holds a digest; the secret is shown once.',
      ],
      load: async () => (await import('./token.ts')).run,
    },
  ],
];
