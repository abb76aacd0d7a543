/**
 * Who may import whom, as data. A room of src sees the rooms its row names and nothing else; an adapter sees bytes and
 * its own port; nobody imports in a circle.
 */

import { describe, expect, test } from 'vitest';
import { filesUnder, importsOf, isThere, type SyntaxNode, treeOf, walk } from './source.ts';

const CORE = ['ground', 'codec', 'clock', 'store', 'repair', 'replica'];
const PORTS = ['storage port', 'transport port'];
const MEMORY = ['memory storage', 'memory transport'];
const ADAPTERS = [
  ...MEMORY,
  ...['storage adapter', 'node storage adapter', 'transport adapter', 'node transport adapter'],
];
const STORAGE = ['ground', 'codec', 'storage port', 'storage part'];
const TRANSPORT = ['ground', 'codec', 'transport port', 'transport part'];
const SHELL = [
  ...[...CORE, ...PORTS, ...ADAPTERS, 'server', 'node server', 'client'],
  ...['model', 'history checkers', 'sim', 'lab', 'index'],
];

/** Room → the rooms and packages it may import. `node:` stands for every module built into Node. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ground: ['ground'],
  codec: ['ground', 'codec'],
  clock: ['ground', 'codec', 'clock'],
  store: ['ground', 'codec', 'clock', 'store', 'storage port', 'immer'],
  repair: ['ground', 'codec', 'clock', 'store', 'repair'],
  'storage port': ['ground'],
  'transport port': ['ground'],
  'storage part': STORAGE,
  'node storage part': [...STORAGE, 'node:', 'lmdb'],
  'memory storage': STORAGE,
  'memory transport': TRANSPORT,
  'storage adapter': STORAGE,
  'node storage adapter': [...STORAGE, 'node storage part', 'node:', 'classic-level', 'lmdb'],
  'transport adapter': TRANSPORT,
  'transport part': TRANSPORT,
  'node transport part': [...TRANSPORT, 'node transport part', 'node:', 'ws'],
  'node transport adapter': [...TRANSPORT, 'node transport part', 'node:', 'ws'],
  replica: [...CORE, ...PORTS],
  server: [...CORE, ...PORTS, 'server'],
  'node server': [...CORE, ...PORTS, 'server', 'node server', 'node:'],
  client: ['ground', 'codec', 'client'],
  model: ['ground', 'model'],
  index: [...CORE, ...PORTS, ...MEMORY],
  'history checkers': ['history checkers'],
  testkit: [...CORE, ...PORTS, ...MEMORY, 'model', 'sim', 'history checkers', 'testkit', 'fast-check'],
  sim: [...CORE, ...PORTS, ...MEMORY, 'storage part', 'transport part', 'model', 'history checkers', 'sim'],
  lab: [...CORE, ...PORTS, ...MEMORY, 'model', 'sim', 'lab', 'node:'],
  cli: [...SHELL, 'node storage part', 'cli', 'node:', 'yaml'],
  web: ['lab', 'web'],
};

const FOLDERS = [
  ...['codec', 'clock', 'store', 'repair', 'replica', 'server', 'client'],
  ...['model', 'testkit', 'sim', 'lab', 'cli', 'web'],
];
const GROUND = ['errors', 'error-meanings', 'assert', 'env', 'limits', 'random', 'rules', 'version'];

/** What storage adapters share, and the adapters and parts that run in Node only; tsconfig.core.json leaves these out. */
const STORAGE_ROOMS: Readonly<Record<string, string>> = {
  'bytes.ts': 'storage part',
  'failure.ts': 'storage part',
  'chunk-queue.ts': 'storage part',
  'indexeddb-types.ts': 'storage part',
  'level-database.ts': 'storage part',
  'sqlite-table.ts': 'storage part',
  'directory-contents.ts': 'node storage part',
  'directory-owner.ts': 'node storage part',
  'directory-place.ts': 'node storage part',
  'level-log.ts': 'node storage part',
  'lmdb-database.ts': 'node storage part',
  'sqlite-storage.ts': 'node storage part',
  'level.ts': 'node storage adapter',
  'lmdb.ts': 'node storage adapter',
  'sqlite.ts': 'node storage adapter',
};

/** What transport adapters share, and those that run in Node only. */
const TRANSPORT_ROOMS: Readonly<Record<string, string>> = {
  'failure.ts': 'transport part',
  'frame-queue.ts': 'transport part',
  'remote-crowd.ts': 'transport part',
  'websocket-types.ts': 'transport part',
  'websocket-words.ts': 'transport part',
  'certificate-name.ts': 'node transport part',
  'websocket-door.ts': 'node transport part',
  'websocket-link-node.ts': 'node transport part',
  'websocket-node.ts': 'node transport adapter',
};

/** Files of src/server that run in Node only. */
const NODE_SERVER = ['hang-up.ts', 'node-host.ts', 'node-request.ts', 'node-server.ts', 'pipeline.ts'];

/** The room a file of src lies in; undefined for one that lies in none. */
function roomOf(path: string): string | undefined {
  const [, folder = '', file = ''] = path.split('/');
  if (folder === 'index.ts') return 'index';
  if (GROUND.includes(folder.replace(/\.ts$/, ''))) return 'ground';
  if (folder === 'server' && NODE_SERVER.includes(file)) return 'node server';
  if (folder === 'testkit' && file === 'history') return 'history checkers';
  if (FOLDERS.includes(folder)) return folder;
  if (folder !== 'storage' && folder !== 'transport') return undefined;
  if (file === `${folder}.ts`) return `${folder} port`;
  if (folder === 'storage' && STORAGE_ROOMS[file] !== undefined) return STORAGE_ROOMS[file];
  if (folder === 'transport' && TRANSPORT_ROOMS[file] !== undefined) return TRANSPORT_ROOMS[file];
  return file === 'memory.ts' ? `memory ${folder}` : `${folder} adapter`;
}

/** The room or package that an import reaches. */
function reached(specifier: string, file: string | undefined): string {
  if (file !== undefined) return roomOf(file) ?? file;
  return specifier.startsWith('node:') ? 'node:' : specifier;
}

const files = filesUnder('src', '.ts');

describe('layers', () => {
  test('every file of src lies in a room', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((path) => roomOf(path) === undefined)).toEqual([]);
  });

  test('every room imports only what its row of the table names', () => {
    const broken: string[] = [];
    for (const path of files) {
      const room = roomOf(path) ?? '';
      const allowed = MAY_IMPORT[room] ?? [];
      for (const { specifier, file } of importsOf(path)) {
        const target = reached(specifier, file);
        if (!allowed.includes(target)) broken.push(`${path} (${room}) imports ${specifier} (${target})`);
      }
    }
    expect(broken).toEqual([]);
  });

  test('the pages of src/web take types from the lab and nothing that runs', () => {
    const broken = files
      .filter((path) => roomOf(path) === 'web')
      .flatMap((path) =>
        [...walk(treeOf(path))].filter(isRunningImport).map(({ source }) => `${path} ${nameOf(source)}`),
      )
      .filter((line) => line.includes('/lab/'));
    expect(broken).toEqual([]);
  });

  test('every adapter is a file of its own: adapters never import one another', () => {
    const adapters = files.filter((path) => ADAPTERS.includes(roomOf(path) ?? ''));
    const broken = adapters.flatMap((path) =>
      importsOf(path)
        .filter(({ file }) => file !== undefined && adapters.includes(file))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  test('every relative import names a file that exists, with its extension', () => {
    const broken = files.flatMap((path) =>
      importsOf(path)
        .filter(
          ({ file }) => file !== undefined && (!file.startsWith('src/') || !file.endsWith('.ts') || !isThere(file)),
        )
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  test('no file imports itself in a circle', () => {
    expect(findCircle(files)).toBeUndefined();
  });
});

describe('findCircle', () => {
  const graph = (edges: Readonly<Record<string, readonly string[]>>) =>
    findCircle(Object.keys(edges), (path) => edges[path] ?? []);

  test('findCircle names the files of a circle and passes a diamond', () => {
    expect(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toBeUndefined();
    expect(graph({ a: ['b'], b: ['c'], c: ['b'] })).toBe('b → c → b');
  });
});

/** The first circle of imports as a sentence, or undefined. Cost: one visit a file. */
function findCircle(paths: readonly string[], next: (path: string) => readonly string[] = filesImportedBy) {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): string | undefined => {
    const at = trail.indexOf(path);
    if (at !== -1) return [...trail.slice(at), path].join(' → ');
    if (done.has(path)) return undefined;
    trail.push(path);
    for (const target of next(path)) {
      const circle = visit(target);
      if (circle !== undefined) return circle;
    }
    trail.pop();
    done.add(path);
    return undefined;
  };
  for (const path of paths) {
    const circle = visit(path);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** An import that is still there when types are gone. */
function isRunningImport({ type, importKind, specifiers }: SyntaxNode): boolean {
  if (type !== 'ImportDeclaration' || importKind === 'type') return false;
  const kinds = specifiers as readonly { readonly importKind?: string }[]; // of this kind of node
  return kinds.length === 0 || kinds.some((one) => one.importKind !== 'type');
}

function nameOf(source: unknown): string {
  return String((source as { readonly value: unknown }).value); // of this kind of node
}

function filesImportedBy(path: string): string[] {
  return importsOf(path).flatMap(({ file }) => (file !== undefined && isThere(file) ? [file] : []));
}
