/**
 * What `cairn serve` can be told, as one table: from it come the flags, the environment variables, the fields of the
 * config file and the JSON Schema of that file. A setting has one name: `tokenFile` in the file, `--token-file` as a
 * flag, `CAIRN_TOKEN_FILE` in the environment. Data only; settings-sources.ts reads by it.
 */

/** How a setting is written, and what of it is taken. */
export type Setting = {
  /** A `list` is a list of texts in the file; a flag that may be repeated, and commas, elsewhere. */
  readonly kind: 'text' | 'path' | 'integer' | 'choice' | 'flag' | 'list';
  readonly help: string;
  /** What the help page calls the value. */
  readonly value?: string;
  readonly fallback?: string | number | boolean | readonly string[];
  /** Of a `choice`. */
  readonly choices?: readonly string[];
  /** Of an `integer`. */
  readonly min?: number;
  readonly max?: number;
  /** What a text, or each entry of a list, must match; `give` says so in words. */
  readonly pattern?: string;
  readonly give?: string;
};

/** What a replica is served by, after every source was read; undefined where nothing was said and nothing is assumed. */
export type Settings = {
  readonly name: string | undefined;
  readonly data: string | undefined;
  readonly listen: string;
  readonly peer: readonly string[];
  readonly members: readonly string[] | undefined;
  readonly n: number | undefined;
  readonly r: number;
  readonly w: number;
  readonly sloppy: boolean;
  readonly timeoutMs: number;
  readonly keyspace: string;
  readonly durability: 'synced' | 'buffered';
  readonly engine: 'level' | 'lmdb' | 'memory';
  readonly tokenFile: string | undefined;
  readonly peerTokenFile: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly peerCa: string | undefined;
  readonly httpOrigin: readonly string[];
  readonly httpHost: readonly string[];
  readonly insecure: boolean;
  readonly requestsPerSecond: number | undefined;
  readonly exchangeEveryMs: number;
  readonly reapEveryMs: number;
  readonly drainMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
};

export type SettingName = keyof Settings;

/** A URL without credentials, query and fragment: none of those belongs into a list of processes. */
const PLACE = '[^/?#@\\s]+(?:/[^?#@\\s]*)?';

/** In the order of the help page. */
export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  name: {
    ...{ kind: 'text', value: 'NAME', pattern: '^[^\\s~=,]{1,64}$' },
    give: 'give up to 64 characters without spaces, `~`, `=` and commas',
    help: 'of this replica among its peers (default: of DIR)',
  },
  data: { kind: 'path', value: 'DIR', help: 'where it keeps its data; made if it is not there' },
  listen: {
    ...{ kind: 'text', value: 'HOST:PORT', fallback: '127.0.0.1:4040' },
    ...{ pattern: '^(?:\\[[0-9A-Fa-f:.]+\\]|[^\\s:/\\[\\]]+):[0-9]{1,5}$', give: 'give HOST:PORT, as 127.0.0.1:4040' },
    help: 'for HTTP and for peers; port 0 takes a free one',
  },
  peer: {
    ...{ kind: 'list', value: '[NAME=]URL', fallback: [] },
    ...{ pattern: `^(?:[^\\s~=,]{1,64}=)?wss?://${PLACE}$`, give: 'give ws://HOST:PORT or wss://HOST:PORT' },
    help: 'a replica to link with; may be repeated',
  },
  members: {
    ...{ kind: 'list', value: 'A,B,C', pattern: '^[^\\s=,]{1,64}$', give: 'give names of replicas' },
    help: 'who holds the keys, this one among them',
  },
  n: { kind: 'integer', value: 'N', min: 1, max: 1_000, help: 'how many they are meant to be' },
  r: { kind: 'integer', value: 'R', min: 1, max: 1_000, fallback: 1, help: 'how many answer a read (1)' },
  w: {
    kind: 'integer',
    value: 'W',
    min: 1,
    max: 1_000,
    fallback: 1,
    help: 'how many have a write when it is done (1)',
  },
  sloppy: { kind: 'flag', fallback: false, help: 'others may stand in for absent members in W' },
  timeoutMs: {
    ...{ kind: 'integer', value: 'MS', min: 1, max: 3_600_000, fallback: 5_000 },
    help: 'how long R and W are waited for (5000)',
  },
  keyspace: {
    ...{ kind: 'text', value: 'TEXT', pattern: '^.{0,256}$', give: 'give up to 256 characters', fallback: '' },
    help: 'links only with peers of the same one',
  },
  durability: {
    ...{ kind: 'choice', value: 'KIND', choices: ['synced', 'buffered'], fallback: 'synced' },
    help: 'synced (default) or buffered',
  },
  engine: {
    ...{ kind: 'choice', value: 'ENGINE', choices: ['level', 'lmdb', 'memory'], fallback: 'level' },
    help: 'level (default), lmdb or memory',
  },
  tokenFile: { kind: 'path', value: 'FILE', help: 'who may do what; see: cairn help token' },
  peerTokenFile: { kind: 'path', value: 'FILE', help: 'the secret this replica shows to its peers' },
  tlsCert: { kind: 'path', value: 'FILE', help: 'certificate in PEM: HTTPS and WSS' },
  tlsKey: { kind: 'path', value: 'FILE', help: 'its key' },
  peerCa: { kind: 'path', value: 'FILE', help: 'who signs the certificates of peers; asks for them' },
  httpOrigin: {
    ...{ kind: 'list', value: 'ORIGIN', fallback: [] },
    ...{ pattern: '^https?://[^/?#@\\s]+$', give: 'give an origin, as https://example.org' },
    help: 'whose web pages may ask; may be repeated',
  },
  httpHost: {
    ...{ kind: 'list', value: 'NAME', fallback: [] },
    ...{ pattern: '^[^\\s:/?#@]+$', give: 'give host names, as cairn.example.org' },
    help: 'names it is called by behind a proxy on this machine',
  },
  insecure: { kind: 'flag', fallback: false, help: 'listen for others without tokens all the same' },
  requestsPerSecond: {
    ...{ kind: 'integer', value: 'N', min: 1, max: 1_000_000 },
    help: 'of one token, on average (any)',
  },
  exchangeEveryMs: {
    ...{ kind: 'integer', value: 'MS', min: 10, max: 86_400_000, fallback: 60_000 },
    help: 'between exchanges with a quiet peer (60000)',
  },
  reapEveryMs: {
    ...{ kind: 'integer', value: 'MS', min: 10, max: 86_400_000, fallback: 5_000 },
    help: 'between two reapings (5000)',
  },
  drainMs: {
    ...{ kind: 'integer', value: 'MS', min: 0, max: 600_000, fallback: 5_000 },
    help: 'how long it waits for peers as it ends (5000)',
  },
  logLevel: {
    ...{ kind: 'choice', value: 'LEVEL', choices: ['debug', 'info', 'warn', 'error'], fallback: 'info' },
    help: 'debug, info (default), warn or error',
  },
};

/** `tokenFile` → `token-file`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `tokenFile` → `CAIRN_TOKEN_FILE`. */
export function variableOf(name: string): string {
  return `CAIRN_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}
