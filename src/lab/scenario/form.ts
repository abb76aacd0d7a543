/**
 * Forms: what a piece of a scenario may look like, as data from which two things come: a reader that fills in defaults and
 * refuses the rest by its path, and a JSON Schema (draft 2020-12) that takes the same. What depends on several fields is
 * not here; parse-scenario.ts checks that afterwards.
 */

export type Schema = { readonly [keyword: string]: unknown };

/**
 * A scenario that cannot be run. `rule`: whether its form is wrong, which the JSON Schema refuses too, or its sense, which
 * no schema can see.
 */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** Where: `workload.mix.read`; empty for the whole. */
  readonly path: string;
  readonly rule: 'form' | 'sense';

  constructor(path: string, seen: string, give: string, rule: 'form' | 'sense') {
    super(`Cannot take the scenario: ${path === '' ? 'it' : path} ${seen}, give ${give}`);
    this.path = path;
    this.rule = rule;
  }
}

export type Form<T> = {
  readonly schema: Schema;
  /** Schemas that `schema` refers to, by name. */
  readonly named: Readonly<Record<string, Schema>>;
  /** In words, after "give". */
  readonly allows: string;
  /** The value with defaults filled in. Throws: ScenarioError. */
  readonly read: (value: unknown, path: string) => T;
};

export type Field<T> = {
  readonly form: Form<T>;
  readonly help: string;
  readonly isRequired: boolean;
  /** As it would be written; undefined: the field stays away. */
  readonly fallback: unknown;
};

type Bounds = { readonly from?: number; readonly above?: number; readonly to: number };

/** A number within bounds. */
export function number({ from, above, to }: Bounds): Form<number> {
  const least = above === undefined ? `from ${from ?? 0}` : `above ${above} and up`;
  const isFit = (value: number): boolean =>
    Number.isFinite(value) && value <= to && (above === undefined ? value >= (from ?? 0) : value > above);
  const low = above === undefined ? { minimum: from ?? 0 } : { exclusiveMinimum: above };
  return leaf({ type: 'number', ...low, maximum: to }, `a number ${least} to ${to}`, (value) =>
    typeof value === 'number' && isFit(value) ? value + 0 : undefined,
  );
}

/** A whole number within bounds. */
export function whole({ from = 0, to }: Bounds): Form<number> {
  return leaf({ type: 'integer', minimum: from, maximum: to }, `a whole number from ${from} to ${to}`, (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to ? value + 0 : undefined,
  );
}

/** A text that matches; `allows` says so in words. */
export function text(pattern: string, allows: string): Form<string> {
  const expression = new RegExp(pattern, 'u');
  return leaf({ type: 'string', pattern }, allows, (value) =>
    typeof value === 'string' && expression.test(value) ? value : undefined,
  );
}

export const flag: Form<boolean> = leaf({ type: 'boolean' }, 'true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);

/** One of these. */
export function choice<T extends string | number | boolean | null>(...values: readonly T[]): Form<T> {
  const allows = values.map((value) => JSON.stringify(value)).join(' or ');
  return leaf(values.length === 1 ? { const: values[0] } : { enum: values }, allows, (value) =>
    values.find((one) => one === value),
  );
}

/** A list of these. */
export function list<T>(
  form: Form<T>,
  {
    least = 0,
    most,
    isUnique = false,
  }: { readonly least?: number; readonly most: number; readonly isUnique?: boolean },
): Form<readonly T[]> {
  const size = { minItems: least, maxItems: most, ...(isUnique ? { uniqueItems: true } : {}) };
  const allows = `a list of ${least} to ${most}${isUnique ? ' different' : ''}, each ${form.allows}`;
  return {
    schema: { type: 'array', items: form.schema, ...size },
    named: form.named,
    allows,
    read: (value, path) => {
      if (!Array.isArray(value) || value.length < least || value.length > most) refuse(path, value, allows);
      const read = Array.from(value, (entry: unknown, at) => form.read(entry, `${path}[${at}]`));
      if (isUnique && new Set(read).size < read.length) refuse(path, value, allows);
      return read;
    },
  };
}

/** One, or a list of them; read as a list. */
export function oneOrMore<T>(form: Form<T>, bounds: { most: number; isUnique?: boolean }): Form<readonly T[]> {
  const many = list(form, { least: 1, ...bounds });
  const allows = `${form.allows}, or a list of such`;
  return {
    schema: { anyOf: [form.schema, many.schema] },
    named: form.named,
    allows,
    read: (value, path) => (Array.isArray(value) ? many.read(value, path) : [form.read(value, path)]),
  };
}

/** An object with exactly these fields. `ignored`: fields that may be there and are not kept. */
export function object<T extends object>(
  fields: { readonly [K in keyof T]-?: Field<T[K]> },
  ignored: readonly string[] = [],
): Form<T> {
  const table = Object.entries(fields) as unknown as readonly (readonly [string, Field<unknown>])[]; // as: its entries
  const names = new Set([...table.map(([name]) => name), ...ignored]);
  const required = table.flatMap(([name, { isRequired }]) => (isRequired ? [name] : []));
  const properties = table.map(([name, { form, help, fallback }]) => [
    name,
    { ...describe(form.schema, help), ...(fallback === undefined ? {} : { default: fallback }) },
  ]);
  return {
    schema: {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      properties: { ...Object.fromEntries(ignored.map((name) => [name, { type: 'string' }])), ...toObject(properties) },
    },
    named: namedIn(table.map(([, { form }]) => form)),
    allows: `an object with ${[...names].join(', ')}`,
    read: (value, path) => {
      if (!isObject(value)) refuse(path, value, `an object with ${[...names].join(', ')}`);
      const stray = Object.keys(value).find((name) => !names.has(name) && value[name] !== undefined);
      if (stray !== undefined)
        throw new ScenarioError(path, `has a field ${shown(stray)}`, `only ${[...names].join(', ')}`, 'form');
      for (const name of ignored)
        if (Object.hasOwn(value, name) && typeof value[name] !== 'string')
          refuse(under(path, name), value[name], 'a text');
      const read = table.flatMap(([name, { form, isRequired, fallback }]) => {
        const given = Object.hasOwn(value, name) ? value[name] : undefined;
        if (given === undefined && !isRequired && fallback === undefined) return [];
        return [[name, form.read(given ?? (given === null ? null : fallback), under(path, name))] as const];
      });
      return Object.fromEntries(read) as T; // as: each field was read by its form
    },
  };
}

/** Objects that say of which `kind` they are; `otherwise`: the kind of those that do not. */
export function kinds<T extends { readonly kind: string }>(
  forms: { readonly [K in T['kind']]: Form<Extract<T, { readonly kind: K }>> },
  otherwise?: T['kind'],
): Form<T> {
  const table = new Map(Object.entries(forms) as [string, Form<T>][]); // as: its entries, each a form of one kind of T
  const allows = `an object whose kind is ${[...table.keys()].map((kind) => JSON.stringify(kind)).join(' or ')}`;
  return {
    schema: { oneOf: [...table.values()].map(({ schema }) => schema) },
    named: namedIn([...table.values()]),
    allows,
    read: (value, path) => {
      if (!isObject(value)) refuse(path, value, allows);
      const kind = Object.hasOwn(value, 'kind') && value['kind'] !== undefined ? value['kind'] : otherwise;
      const form = typeof kind === 'string' ? table.get(kind) : undefined;
      return form === undefined ? refuse(path, value, allows) : form.read(value, path);
    },
  };
}

/** The first of several forms whose `when` fits; of a value that fits none, or two, nothing may depend. */
export function either<T>(
  ...forms: readonly { readonly when: (value: unknown) => boolean; readonly form: Form<T> }[]
): Form<T> {
  const allows = forms.map(({ form }) => form.allows).join('; or ');
  return {
    schema: { anyOf: forms.map(({ form }) => form.schema) },
    named: namedIn(forms.map(({ form }) => form)),
    allows,
    read: (value, path) => {
      const found = forms.find(({ when }) => when(value));
      return found === undefined ? refuse(path, value, allows) : found.form.read(value, path);
    },
  };
}

/** Any names, each with a value of this form; in order of the names. */
export function dictionary<T>(form: Form<T>, name: string): Form<Readonly<Record<string, T>>> {
  const pattern = new RegExp(name, 'u');
  const allows = `an object, each field of it ${form.allows}`;
  return {
    schema: { type: 'object', propertyNames: { pattern: name }, additionalProperties: form.schema },
    named: form.named,
    allows,
    read: (value, path) => {
      if (!isObject(value)) refuse(path, value, allows);
      const names = Object.keys(value).sort();
      const stray = names.find((field) => !pattern.test(field));
      if (stray !== undefined)
        throw new ScenarioError(path, `has a field ${shown(stray)}`, `names of letters and digits`, 'form');
      return Object.fromEntries(names.map((field) => [field, form.read(value[field], under(path, field))]));
    },
  };
}

/** The same form, written once in the schema and referred to by its name. */
export function named<T>(name: string, form: Form<T>): Form<T> {
  return { ...form, schema: { $ref: `#/$defs/${name}` }, named: { ...form.named, [name]: form.schema } };
}

/** A field that must be there. */
export function required<T>(form: Form<T>, help: string): Field<T> {
  return { form, help, isRequired: true, fallback: undefined };
}

/** A field that may stay away. */
export function optional<T>(form: Form<T>, help: string): Field<T> {
  return { form, help, isRequired: false, fallback: undefined };
}

/** A field that is taken to be `fallback` when it is not there. */
export function defaulted<T>(form: Form<T>, fallback: unknown, help: string): Field<T> {
  return { form, help, isRequired: false, fallback };
}

/** Whether it is an object, and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Refuses a value by its path. */
export function refuse(path: string, value: unknown, give: string, rule: 'form' | 'sense' = 'form'): never {
  throw new ScenarioError(path, value === undefined ? 'is not there' : `is ${shown(value)}`, give, rule);
}

const SHOWN_MAX = 60;

function shown(value: unknown): string {
  const all = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return all.length > SHOWN_MAX ? `${all.slice(0, SHOWN_MAX)}…` : all;
}

function leaf<T>(schema: Schema, allows: string, take: (value: unknown) => T | undefined): Form<T> {
  const read = (value: unknown, path: string): T => {
    const taken = take(value); // null is a value that a choice may offer
    return taken === undefined ? refuse(path, value, allows) : taken;
  };
  return { schema, named: {}, allows, read };
}

function namedIn(forms: readonly Form<unknown>[]): Readonly<Record<string, Schema>> {
  return Object.assign({}, ...forms.map((form) => form.named));
}

function toObject(entries: readonly (readonly unknown[])[]): Schema {
  return Object.fromEntries(entries as [string, unknown][]); // as: pairs of a name and its schema
}

function describe(schema: Schema, help: string): Schema {
  return { description: help, ...schema };
}

function under(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
