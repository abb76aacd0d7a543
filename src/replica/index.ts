/** The public names of `cairndb/replica`: stores that replicate. */

export type { ConnectedPeer, Given, PeerEvent, Peers } from './peers.ts';
export { openReplica, Replica } from './replica.ts';
export { DEFAULT_LIMITS } from './replica-defaults.ts';
export type {
  Credentials,
  GetOptions,
  GroupAnswer,
  GroupOptions,
  GroupWritten,
  HintOptions,
  PeerGrant,
  PeerOptions,
  PeerStatus,
  PutOptions,
  QuorumOptions,
  ReplicaApi,
  ReplicaCounters,
  ReplicaEvent,
  ReplicaLimits,
  ReplicaOptions,
  ReplicaStatus,
  SessionOptions,
} from './replica-types.ts';
export { systemTimedEnv } from './system-env.ts';
