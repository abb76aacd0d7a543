/** `cairn update`: changes a value by a JSON merge patch (RFC 7396). */

import { words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { withKeys } from './keys.ts';
import { sayWritten } from './output.ts';
import { parseValue } from './value-text.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = '', key = '', json = ''] = words('update', invocation, ['DIR|URL', 'KEY', 'PATCH']);
  const patch = parseValue(json, 'the patch');
  const written = await withKeys(where, invocation, {}, (keys) =>
    keys.update(key, (value) => mergePatch(value, patch)),
  );
  await sayWritten(invocation, written);
  return 0;
}

/** RFC 7396, section 2: fields of the patch replace those of the target, null removes them. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const fields = new Map<string, unknown>(isObject(target) ? Object.entries(target) : []);
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) fields.delete(name);
    else fields.set(name, mergePatch(fields.get(name), change));
  }
  // fromEntries defines fields, so that one called `__proto__` is a field like any other.
  return Object.fromEntries(fields);
}

function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !(Array.isArray(value) || value instanceof Date || value instanceof Uint8Array);
}
