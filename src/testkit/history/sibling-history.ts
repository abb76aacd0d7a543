/**
 * What a history of siblings is: every put and delete has a dot and says what it was based on, every read shows a set of
 * dots, tombstones among them. This is what Cairn's `get` gives; registers are the case where the set has one member and
 * nobody says what a write was based on. Knows nothing of files and nothing of checking.
 */

/**
 * The dots of this key that a write supersedes: a list is all of them, shown or not (those that they supersede need not be
 * repeated). `atLeast`: these, and the writer may have known more. `session`: at least what the session's last read of
 * the key showed, and its own writes of the key since.
 */
export type SiblingContext = readonly string[] | { readonly atLeast: readonly string[] } | 'session';

/** A put or a delete; `dot` is any text that names it alone. */
export type SiblingWrite = {
  readonly kind: 'put' | 'delete';
  readonly key: string;
  readonly dot: string;
  /** What it was based on. */
  readonly context: SiblingContext;
};

/** A read and the dots that it showed; a key without a record shows none. */
export type SiblingRead = {
  readonly kind: 'get';
  readonly key: string;
  readonly shown: readonly string[];
  /** Made when every replica had met every other: all such reads of a key must agree. */
  readonly isFinal?: boolean;
};

export type SiblingOperation = SiblingWrite | SiblingRead;

export type SiblingSession = { readonly name: string; readonly operations: readonly SiblingOperation[] };

/** Every write that may have taken effect must be in it, or what it did looks like damage. */
export type SiblingHistory = { readonly sessions: readonly SiblingSession[] };

/** `put k a:2 over a:1`, `delete k b:1`, `get k shows a:2, b:1`. */
export function siblingOperationText(operation: SiblingOperation): string {
  if (operation.kind === 'get') {
    const shown = operation.shown.length === 0 ? 'nothing' : operation.shown.join(', ');
    return `get ${operation.key} shows ${shown}${operation.isFinal === true ? ' at the end' : ''}`;
  }
  const { kind, key, dot, context } = operation;
  return `${kind} ${key} ${dot}${contextText(context)}`;
}

function contextText(context: SiblingContext): string {
  if (context === 'session') return ' over what it saw';
  if ('atLeast' in context) return ` over ${[...context.atLeast, 'what else it knew'].join(', ')}`;
  return context.length === 0 ? '' : ` over ${context.join(', ')}`;
}
