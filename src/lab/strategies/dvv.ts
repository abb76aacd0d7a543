/**
 * Dotted version vector sets, one a key, by server ids, and no clock of the store (see dotted-object.ts). A delete is a
 * context without a value. Its vector must stay for ever: a replica that drops it takes an old value for a new one, and
 * names its next write as it named an old one.
 */

import {
  areEqualDotted,
  type DottedContext,
  type DottedObject,
  dottedBytes,
  forgetDotted,
  mergeDotted,
  NOTHING_SEEN,
  putDotted,
} from './dotted-object.ts';
import { keyStrategy } from './key-strategy.ts';
import type { Strategy } from './strategy.ts';

export type DvvOptions = {
  /** Whether the vector of a deleted key is dropped. Default: no. */
  readonly drop?: boolean;
};

/** `emptied`: the delete that left nothing but the vector, only for counting. `own`: only of what a client is answered. */
type Held = DottedObject & DottedContext & { readonly emptied?: number };

/** Makes it. */
export function dvv({ drop = false }: DvvOptions = {}): Strategy {
  const deletes = drop ? 'a delete leaves nothing behind' : 'a deleted key keeps its vector for ever';
  return keyStrategy<Held>({
    name: 'dvv',
    title: drop ? 'dotted version vectors, dropped' : 'dotted version vectors',
    rule: `a value goes when somebody who saw it writes or deletes; siblings are shown; ${deletes}`,
    source: 'https://github.com/ricardobcl/Dotted-Version-Vectors',
    showsConflicts: true,
    write: (held, { operation, isDelete, basis }, { name, life }) => {
      const based = basis.kind === 'shown' ? basis.held : undefined;
      const context = based ?? NOTHING_SEEN;
      if (!isDelete) return putDotted(held, context, `${name}.${life}`, { operation, isDelete });
      return { ...forgetDotted(held, context), emptied: operation };
    },
    answer: ({ values }, { operation, basis }) => {
      const own = values.find((value) => value.operation === operation);
      const clock = (basis.kind === 'shown' ? basis.held?.clock : undefined) ?? NOTHING_SEEN.clock;
      return { clock, values: [], ...(own === undefined ? {} : { own }) };
    },
    merge: (one, other) => {
      const merged = mergeDotted(one, other);
      const emptied = Math.max(one.emptied ?? -1, other.emptied ?? -1);
      return emptied < 0 || merged.values.length > 0 ? merged : { ...merged, emptied };
    },
    kept: (state) => (state.values.length === 0 && (drop || state.clock.size === 0) ? undefined : state),
    show: ({ values }) => ({ live: values.map(({ operation }) => operation), deleted: [], passedOver: [] }),
    isEqual: areEqualDotted,
    versionsIn: ({ values }) => values.length,
    tombstonesIn: ({ values, emptied }) => (values.length === 0 && emptied !== undefined ? [emptied] : []),
    metadataBytes: dottedBytes,
  });
}
