/** Scenarios as the command line gets them: a file in JSON or YAML, a preset, and strategies of the user's in modules. */

import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { historyWorkload } from '../lab/history/history-workload.ts';
import { PRESETS } from '../lab/presets/presets.ts';
import { parseScenario } from '../lab/scenario/parse-scenario.ts';
import type { FullScenario } from '../lab/scenario/scenario.ts';
import { nameOf } from '../lab/strategies/chosen.ts';
import { type KeyRules, keyStrategy } from '../lab/strategies/key-strategy.ts';
import type { StrategyOptions } from '../lab/strategies/registry.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { CommandError, UsageError } from './command.ts';
import { readHistoryFile } from './history-file.ts';

/** A scenario, and where paths in it are relative to. */
export type FoundScenario = { readonly scenario: FullScenario; readonly folder: string };

/** Replaces what the file says. */
export type Overrides = { readonly seeds?: number | readonly number[]; readonly strategies?: readonly string[] };

/** The scenario in a file. Throws: CommandError, ScenarioError. */
export async function readScenario(file: string, overrides: Overrides): Promise<FoundScenario> {
  const text = await readFile(file, 'utf8');
  const data = extname(file) === '.json' ? parseJson(text, file) : await parseYaml(text, file);
  const folder = overrides.strategies === undefined ? dirname(resolve(file)) : process.cwd();
  return { scenario: await withHistory(parseScenario(overridden(data, overrides)), dirname(resolve(file))), folder };
}

/** With a history of a file as what its authors do. Throws: HistoryError, CommandError. */
async function withHistory(scenario: FullScenario, folder: string): Promise<FullScenario> {
  const { workload } = scenario;
  if (workload.kind !== 'history') return scenario;
  const made = historyWorkload(await readHistoryFile(resolve(folder, workload.file)), workload);
  if (made.steps.length === 0) throw new CommandError(`Cannot run ${workload.file}: nobody writes anything in it`);
  return { ...scenario, workload: made };
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

/**
 * The strategies that a scenario names by the path of a module, each called by that path and its options.
 * Throws: CommandError.
 */
export async function ownStrategies({ scenario, folder }: FoundScenario): Promise<readonly Strategy[]> {
  const own = new Map<string, Strategy>();
  for (const choice of scenario.strategies) {
    const { use, options = {} } = typeof choice === 'string' ? { use: choice } : choice;
    if (!/\.(js|mjs|ts)$/.test(use)) continue;
    const name = nameOf(use, options);
    const { title, rule, source, showsConflicts, reaping, begin } = bound(await loadStrategy(use, options, folder));
    const kept = reaping === undefined ? {} : { reaping };
    own.set(name, { ...{ name, title, rule, source, showsConflicts }, ...kept, begin });
  }
  return [...own.values()];
}

/** A strategy may be an instance of a class. */
function bound(strategy: Strategy): Strategy {
  const { name, title, rule, source, showsConflicts, reaping } = strategy;
  const kept = reaping === undefined ? {} : { reaping };
  return { ...{ name, title, rule, source, showsConflicts }, ...kept, begin: () => strategy.begin() };
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

/** What a module exports as `strategy` or `make`, or by default: a Strategy, or KeyRules. */
async function loadStrategy(use: string, options: StrategyOptions, folder: string): Promise<Strategy> {
  const cannot = (why: string): CommandError => new CommandError(`Cannot load the strategy ${use}: ${why}`);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(resolve(folder, use)).href);
  } catch (error) {
    throw cannot(
      /Unknown file extension/.test(messageOf(error))
        ? `Node ${process.version} does not read TypeScript, give a .js or .mjs`
        : messageOf(error),
    );
  }
  const { strategy, make } = module;
  const made = typeof make === 'function' ? make(options) : (strategy ?? module['default']);
  if (typeof make !== 'function' && Object.keys(options).length > 0)
    throw cannot('it takes no options, let it export make(options)');
  if (!isObject(made)) throw cannot('it exports no strategy, export one as strategy, as make(options) or by default');
  const text = ['title', 'rule', 'source'].find((field) => typeof made[field] !== 'string');
  if (text !== undefined) throw cannot(`its \`${text}\` is no text`);
  if (typeof made['begin'] === 'function') return made as unknown as Strategy; // as: it has what it must have
  const lacking = RULES.find((field) => typeof made[field] !== 'function');
  if (lacking !== undefined) throw cannot(`its default export has no \`begin\`, and no \`${lacking}\``);
  return keyStrategy({ ...made, name: use } as unknown as KeyRules<unknown>); // as: it has its rules
}

const RULES = ['write', 'merge', 'show', 'isEqual', 'versionsIn', 'tombstonesIn', 'metadataBytes'];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
