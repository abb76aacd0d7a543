/**
 * Reads the settings of `cairn serve` from where they may stand: a flag comes before the environment, that before the
 * config file, that before what is assumed. Every refusal names the setting and where it stood, and never shows what a
 * file of secrets holds: of those only the path is a setting.
 */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Invocation, UsageError } from '../command.ts';
import { flagOf, SETTINGS, type Setting, type SettingName, type Settings, variableOf } from './settings.ts';

/** Where a value stood, as a person would look for it; and what its paths are relative to. */
type Source = { readonly name: string; readonly folder: string };
type Given = { readonly value: unknown; readonly source: Source };

export type Environment = { readonly [variable: string]: string | undefined };

/** For each setting where it stood, `default` if nowhere. */
export type Sources = Readonly<Record<SettingName, string>>;

/** All settings, checked. */
export type ReadSettings = { readonly settings: Settings; readonly sources: Sources };

// `as`: the keys of the table are the names of the settings
const NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** Throws: UsageError for a value that cannot be, a field that is none, a config file that cannot be read. */
export async function readSettings(
  { values }: Invocation,
  environment: Environment,
  folder: string = process.cwd(),
): Promise<ReadSettings> {
  const fromFlags = new Map<SettingName, Given>();
  const fromEnvironment = new Map<SettingName, Given>();
  for (const name of NAMES) {
    const [flag, variable] = [values[flagOf(name)], environment[variableOf(name)]];
    if (flag !== undefined) fromFlags.set(name, given(flag, `--${flagOf(name)}`, folder, SETTINGS[name]));
    if (variable !== undefined && variable !== '')
      fromEnvironment.set(name, given(variable, variableOf(name), folder, SETTINGS[name]));
  }
  const file = textOr(values['config']) ?? environment['CAIRN_CONFIG'];
  const fromFile =
    file === undefined || file === '' ? new Map<SettingName, Given>() : await readConfig(resolve(folder, file), file);
  const settings = new Map<string, unknown>();
  const sources = new Map<string, string>();
  for (const name of NAMES) {
    const found = fromFlags.get(name) ?? fromEnvironment.get(name) ?? fromFile.get(name);
    settings.set(name, found === undefined ? SETTINGS[name].fallback : checked(name, found));
    sources.set(name, found?.source.name ?? 'default');
  }
  return {
    // `as`: each was checked by its row of the table, whose names these are
    settings: Object.fromEntries(settings) as Settings,
    sources: Object.fromEntries(sources) as Sources,
  };
}

/** What a flag or a variable says, in the form the file has it. */
function given(said: Invocation['values'][string], name: string, folder: string, { kind }: Setting): Given {
  const source = { name, folder };
  if (typeof said === 'boolean') return { value: said, source };
  const texts = typeof said === 'string' ? [said] : (said ?? []);
  if (kind === 'list') {
    const entries = texts.flatMap((text) => text.split(',')).map((entry) => entry.trim());
    return { value: entries.filter((entry) => entry !== ''), source };
  }
  const text = texts.at(-1) ?? '';
  if (kind === 'integer') return { value: /^[0-9]+$/.test(text) ? Number(text) : text, source };
  if (kind === 'flag') return { value: FLAG_WORDS.get(text.toLowerCase()) ?? text, source };
  return { value: text, source };
}

const FLAG_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['no', false],
]);

async function readConfig(path: string, name: string): Promise<ReadonlyMap<SettingName, Given>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read the config file ${name}: ${why}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UsageError(`Cannot read the config file ${name}: it is no JSON object`);
  const found = new Map<SettingName, Given>();
  for (const [field, value] of Object.entries(parsed)) {
    if (field === '$schema') continue;
    const known = NAMES.find((one) => one === field);
    if (known === undefined)
      throw new UsageError(
        `Cannot use the config file ${name}: there is no setting ${JSON.stringify(field)}${near(field)}`,
      );
    found.set(known, { value, source: { name: `${JSON.stringify(field)} in ${name}`, folder: dirname(path) } });
  }
  return found;
}

/** The spelling of flags and of variables, for those that used it in the file. */
function near(field: string): string {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/^cairn_|[-_]/g, '')
      .replace(/s$/, '');
  const found = NAMES.find((name) => plain(name) === plain(field));
  return found === undefined ? '' : `, it is called ${JSON.stringify(found)} there`;
}

function checked(name: SettingName, { value, source }: Given): unknown {
  const setting = SETTINGS[name];
  const fault = faultOf(setting, value);
  if (fault !== undefined) throw new UsageError(`Cannot use ${source.name}: it is ${show(value)}, ${fault}`);
  return setting.kind === 'path' && typeof value === 'string' ? resolve(source.folder, value) : value;
}

function faultOf({ kind, choices = [], min = 0, max = 0, pattern = '', give = '' }: Setting, value: unknown) {
  const isText = typeof value === 'string';
  switch (kind) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'give true or false';
    case 'integer':
      if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return undefined;
      return `give a whole number from ${min} to ${max}`;
    case 'choice':
      return isText && choices.includes(value) ? undefined : `give one of ${choices.join(', ')}`;
    case 'path':
      return isText && value !== '' ? undefined : 'give a path';
    case 'text':
      return isText && new RegExp(pattern, 'u').test(value) ? undefined : give;
    case 'list': {
      if (!Array.isArray(value)) return 'give a list of texts';
      const bad = value.find((entry) => typeof entry !== 'string' || !new RegExp(pattern, 'u').test(entry));
      if (bad !== undefined) return value.length === 1 ? give : `${give}, and not ${show(bad)}`;
      return new Set(value).size === value.length ? undefined : 'name each once';
    }
  }
}

/** What was given, short; without what stands before an `@`, which may be a secret. */
function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/\s"]*@/g, '//…@').replace(/\?[^"\]]*/g, '?…');
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function textOr(value: Invocation['values'][string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
