/** The public names of `cairndb/durable`: backups, what a check finds, and the storage port for engines of your own. */

export type {
  ByteEntry,
  ByteRange,
  Durability,
  MaybePromise,
  Storage,
  StorageBatch,
  StorageEngine,
  StorageManifest,
  StoragePlace,
} from '../../storage/storage.ts';
export type { Fault, OnProgress, VerifyReport } from '../journal.ts';
export { restoreBackup } from './backup.ts';
