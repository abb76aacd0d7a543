/** What a run tells whoever draws it: one entry for each thing that happened, in order of time. */

import type { Shown } from '../strategies/strategy.ts';
import type { AnomalyKind } from '../truth/judge.ts';

/** Why a message is on its way. */
export type MessageKind = 'write' | 'acknowledge' | 'request' | 'response' | 'read repair' | 'hint' | 'reap';

/** What one replica shows of a key at a moment. `clock`: replica id → counter, where the strategy keeps one. */
export type View = Pick<Shown, 'live' | 'deleted'> & { readonly clock?: Readonly<Record<string, number>> };

/** `at`: ms. `replica`, `from`, `to`: by index. `message`: names what was sent where it arrives. `basis`: operations. */
export type TraceEvent = { readonly at: number } & (
  | {
      readonly kind: 'operation';
      readonly replica: number;
      readonly client: number;
      readonly key: string;
      readonly operation: number;
      readonly isDelete: boolean;
      readonly basis: readonly number[];
      readonly view: View;
    }
  | {
      readonly kind: 'read';
      readonly replica: number;
      readonly client: number;
      readonly key: string;
      readonly view: View;
    }
  | { readonly kind: 'acknowledged' | 'failed'; readonly replica: number; readonly operation: number }
  | {
      readonly kind: 'sent';
      readonly message: number;
      readonly carries: MessageKind;
      readonly from: number;
      readonly to: number;
      readonly key: string;
    }
  | {
      readonly kind: 'arrived';
      readonly message: number;
      readonly replica: number;
      readonly key: string;
      readonly view: View;
    }
  | { readonly kind: 'lost'; readonly message: number }
  | {
      readonly kind: 'exchange';
      readonly replica: number;
      readonly peer: number;
      readonly records: number;
      readonly changed: readonly { readonly key: string; readonly view: View; readonly peerView: View }[];
    }
  | { readonly kind: 'tidied'; readonly replica: number; readonly keys: readonly string[] }
  | { readonly kind: 'fault'; readonly what: string; readonly replicas: readonly number[]; readonly untilMs?: number }
  | { readonly kind: 'healed'; readonly what: string; readonly replicas: readonly number[] }
  | {
      readonly kind: 'anomaly';
      readonly anomaly: AnomalyKind;
      readonly key: string;
      readonly operation: number;
      readonly by?: number;
    }
);

export type Tracer = (event: TraceEvent) => void;
