/** The public names of `cairndb/client`: a client of replicas behind HTTP. */

export { CairnClient } from './client.ts';
export type {
  Answer,
  BatchOperation,
  BatchOptions,
  Change,
  ChangesOptions,
  ClientOptions,
  Dot,
  Entry,
  GetOptions,
  ListOptions,
  Sibling,
  Status,
  UpdateOptions,
  WriteOptions,
  Written,
} from './client-types.ts';
