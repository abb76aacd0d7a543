/**
 * The habits of the source that neither the compiler nor the linter checks: what no file may say, what every file of
 * src must say, and that a test lies where its subject lies.
 */

import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { filesUnder, isThere, lineAt, projectFiles, readText, root, type SyntaxNode, treeOf, walk } from './source.ts';

const SOURCE_LINES_MAX = 400;
const project = projectFiles();
const typescript = project.filter((path) => path.endsWith('.ts'));
const src = filesUnder('src', '.ts');

/** Every node of the given files for which `says` has a complaint, as `file:line complaint`. */
function complaints(paths: readonly string[], says: (node: SyntaxNode, text: string) => string | undefined): string[] {
  const found: string[] = [];
  for (const path of paths) {
    const text = readText(path);
    for (const node of walk(treeOf(path))) {
      const complaint = says(node, text);
      if (complaint !== undefined) found.push(`${path}:${lineAt(text, node.start)} ${complaint}`);
    }
  }
  return found;
}

describe('every TypeScript file', () => {
  test('has no any, no `export *` and no default export', () => {
    const says = (node: SyntaxNode): string | undefined => {
      if (node.type === 'TSAnyKeyword') return 'any';
      if (node.type === 'ExportAllDeclaration') return 'export *';
      return node.type === 'ExportDefaultDeclaration' ? 'default export' : undefined;
    };
    expect(complaints(typescript, says).filter((line) => !/^[a-z]+\.config\.ts:\d+ default/.test(line))).toEqual([]);
  });

  test(`has at most ${SOURCE_LINES_MAX} lines`, () => {
    const long = typescript.filter((path) => readText(path).split('\n').length > SOURCE_LINES_MAX + 1);
    expect(long).toEqual([]);
  });

  test('starts with a module comment, unless it is a test, whose names are its sentences', () => {
    const explained = typescript.filter((path) => !path.endsWith('.test.ts'));
    expect(explained.filter((path) => !/^(#!.*\n)?\/\*\*/.test(readText(path)))).toEqual([]);
  });
});

describe('src', () => {
  test('gives a reason beside every `!` and `as`, on the line above, or once for the file in a comment that names it', () => {
    const says = (node: SyntaxNode, text: string): string | undefined => {
      const sign = assertionOf(node);
      if (sign === undefined || hasReason(text, node, sign)) return undefined;
      return `\`${sign}\` without a reason`;
    };
    expect(complaints(src, says)).toEqual([]);
  });

  test('gives every exported function and class a docstring', () => {
    const says = (node: SyntaxNode, text: string): string | undefined => {
      if (node.type !== 'ExportNamedDeclaration') return undefined;
      const { declaration } = node as { readonly declaration?: SyntaxNode | null };
      if (declaration?.type !== 'FunctionDeclaration' && declaration?.type !== 'ClassDeclaration') return undefined;
      return text.slice(0, node.start).trimEnd().endsWith('*/') ? undefined : 'exported without a docstring';
    };
    expect(complaints(src, says)).toEqual([]);
  });

  test('takes time and chance from Env: no Date.now, no new Date() and no Math.random outside env.ts and the shells', () => {
    const inside = src.filter((path) => path !== 'src/env.ts' && !/^src\/(cli|lab|web)\//.test(path));
    const says = (node: SyntaxNode, text: string): string | undefined => {
      if (node.type !== 'MemberExpression' && node.type !== 'NewExpression') return undefined;
      const said = text.slice(node.start, node.start + 11);
      return /^(Date\.now\b|Math\.random|new Date\(\))/.exec(said)?.[0];
    };
    expect(complaints(inside, says)).toEqual([]);
  });
});

/** The sign of a type assertion that the compiler takes on trust; `as const` is none. */
function assertionOf(node: SyntaxNode): '!' | 'as' | undefined {
  if (node.type === 'TSNonNullExpression') return '!';
  if (node.type !== 'TSAsExpression') return undefined;
  const { typeAnnotation } = node as unknown as { readonly typeAnnotation: { readonly typeName?: { name?: string } } };
  return typeAnnotation.typeName?.name === 'const' ? undefined : 'as';
}

function hasReason(text: string, node: SyntaxNode, sign: string): boolean {
  const { end } = node as unknown as { readonly end: number };
  const lines = text.split('\n');
  const [from, to] = [lineAt(text, node.start), lineAt(text, end - 1)];
  const beside = lines.slice(from - 1, to + 1).some((line, index) => index <= to - from && /\/\/|\/\*/.test(line));
  if (beside || /^\s*(\/\/|\*\/|\/\*)/.test(lines[from - 2] ?? '')) return true;
  return lines.some((line) => /^\s*(\/\/|\*|\/\*)/.test(line) && line.includes(`\`${sign}\``));
}

describe('every text of the project', () => {
  const texts = project.filter((path) => /\.(ts|js|json|md|yml|txt|html|css)$|(^|\/)(run|\.[a-z]+)$/.test(path));
  const saying = (pattern: RegExp): string[] =>
    texts.flatMap((path) =>
      readText(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 80)}`] : [])),
    );
  const literal = (text: string): string => text.replace(/[^\w]/g, '\\$&');

  test('postpones nothing in a note to oneself', () => {
    expect(saying(/\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/)).toEqual([]);
  });

  test('names no path of this machine', () => {
    const own = [root, homedir()].filter((path) => path.length > 1).map((path) => literal(`${path}/`));
    expect(saying(new RegExp(['/home/\\w', '/Users/\\w', '[A-Z]:\\\\Users', ...own].join('|')))).toEqual([]);
  });

  test('names no registry host', () => {
    const own = /^[a-z]+:\/\/([^/:]+)/.exec(process.env['npm_config_registry'] ?? '')?.[1];
    const hosts = ['registry\\.\\w+\\.\\w+', ...(own === undefined ? [] : [literal(own)])];
    expect(saying(new RegExp(hosts.join('|')))).toEqual([]);
  });
});

describe('every test', () => {
  /** Folders of tests whose subject is not one file of src. */
  const FREE = [
    'bench',
    'house',
    'protocol',
    'regressions',
    'vectors',
    'runtime',
    'browser',
    'scenarios',
    'torture',
    'hostile',
  ];

  test('lies where its subject lies: test/x/y.test.ts or test/x/y.z.test.ts tests src/x/y.ts', () => {
    const astray = filesUnder('test', '.test.ts').filter((path) => {
      const [, folder = ''] = path.split('/');
      if (FREE.includes(folder)) return false;
      const subject = path.replace(/^test\//, 'src/').replace(/(\.[a-z-]+)?\.test\.ts$/, '');
      return !isThere(`${subject}.ts`) && !isThere(subject) && !isThere(subject.replace(/^src\//, ''));
    });
    expect(astray).toEqual([]);
  });
});
