/** Scenarios as the command line gets them: a file in JSON or YAML, a preset, and strategies of the user's in modules. */

import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PRESETS } from '../lab/presets/presets.ts';
import { parseScenario } from '../lab/scenario/parse-scenario.ts';
import type { FullScenario } from '../lab/scenario/scenario.ts';
import { type KeyRules, keyStrategy } from '../lab/strategies/key-strategy.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { CommandError, UsageError } from './command.ts';

/** A scenario, and where paths in it are relative to. */
export type FoundScenario = { readonly scenario: FullScenario; readonly folder: string };

/** Replaces what the file says. */
export type Overrides = { readonly seeds?: number | readonly number[]; readonly strategies?: readonly string[] };

/** The scenario in a file. Throws: CommandError, ScenarioError. */
export async function readScenario(file: string, overrides: Overrides): Promise<FoundScenario> {
  const text = await readFile(file, 'utf8');
  const data = extname(file) === '.json' ? parseJson(text, file) : await parseYaml(text, file);
  const folder = overrides.strategies === undefined ? dirname(resolve(file)) : process.cwd();
  return { scenario: parseScenario(overridden(data, overrides)), folder };
}

/** A scenario that comes with Cairn. Throws: UsageError. */
export function presetScenario(name: string, overrides: Overrides): FoundScenario {
  const preset = PRESETS.find((one) => one.name === name);
  if (preset === undefined)
    throw new UsageError(
      `Cannot run the preset ${JSON.stringify(name)}: there is none, give one of ${PRESETS.map((one) => one.name).join(', ')}`,
    );
  return { scenario: parseScenario(overridden(preset.scenario, overrides)), folder: process.cwd() };
}

/** The strategies that a scenario names by the path of a module, each called by that path. Throws: CommandError. */
export async function ownStrategies({ scenario, folder }: FoundScenario): Promise<readonly Strategy[]> {
  const own = new Map<string, Strategy>();
  for (const choice of scenario.strategies) {
    const use = typeof choice === 'string' ? choice : choice.use;
    if (/\.(js|mjs|ts)$/.test(use)) own.set(use, await loadStrategy(use, folder));
  }
  return [...own.values()];
}

/** Assertions about strategies that are left out are left out too. */
function overridden(data: unknown, overrides: Overrides): unknown {
  if (!isObject(data) || Array.isArray(data)) return data;
  const { strategies } = overrides;
  const { assertions } = data;
  if (strategies === undefined || !Array.isArray(assertions)) return { ...data, ...overrides };
  const isAsked = (assertion: unknown): boolean =>
    !isObject(assertion) || assertion['strategy'] === '*' || strategies.includes(String(assertion['strategy']));
  return { ...data, ...overrides, assertions: assertions.filter(isAsked) };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: it is no JSON (${messageOf(error)})`);
  }
}

async function parseYaml(text: string, file: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text) as unknown; // as: any value
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: it is no YAML (${messageOf(error).split('\n')[0]})`);
  }
}

async function loadStrategy(use: string, folder: string): Promise<Strategy> {
  const cannot = (why: string): CommandError => new CommandError(`Cannot load the strategy ${use}: ${why}`);
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(folder, use)).href);
  } catch (error) {
    throw cannot(
      /Unknown file extension/.test(messageOf(error))
        ? `Node ${process.version} does not read TypeScript, give a .js or .mjs`
        : messageOf(error),
    );
  }
  const given = module.default;
  if (!isObject(given)) throw cannot('it has no default export, give a Strategy or KeyRules of cairndb/lab');
  const lacking = lackOf(given);
  if (lacking !== undefined) throw cannot(`its default export has no ${lacking}, give a Strategy or KeyRules`);
  // as: it has what such a strategy must have
  const strategy =
    'begin' in given ? (given as unknown as Strategy) : keyStrategy(given as unknown as KeyRules<unknown>);
  const { title, rule, source, showsConflicts, reaping } = strategy;
  const kept = reaping === undefined ? {} : { reaping };
  return { ...{ name: use, title, rule, source, showsConflicts }, ...kept, begin: () => strategy.begin() };
}

const TEXTS = ['title', 'rule', 'source'];
const RULES = ['write', 'merge', 'show', 'isEqual', 'versionsIn', 'tombstonesIn', 'metadataBytes'];

/** What a default export lacks. */
function lackOf(given: Readonly<Record<string, unknown>>): string | undefined {
  const text = TEXTS.find((field) => typeof given[field] !== 'string');
  if (text !== undefined) return `\`${text}\`, a text`;
  if (typeof given['showsConflicts'] !== 'boolean') return '`showsConflicts`, true or false';
  if (typeof given['begin'] === 'function') return undefined;
  const rule = RULES.find((field) => typeof given[field] !== 'function');
  return rule === undefined ? undefined : `\`begin\`, and no \`${rule}\``;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
