/** Options that commands share which link with a running replica; part of the command table. */

import type { Option } from './command.ts';

/** What a link with a running replica may need. */
export const LINK_OPTIONS: { readonly [option: string]: Option } = {
  'token-file': { type: 'string', value: 'FILE', help: 'the secret for a running replica (or CAIRN_TOKEN)' },
  keyspace: { type: 'string', value: 'TEXT', help: 'of the running replica' },
  'tls-cert': { type: 'string', value: 'FILE', help: 'certificate that is shown to it' },
  'tls-key': { type: 'string', value: 'FILE', help: 'its key' },
  'peer-ca': { type: 'string', value: 'FILE', help: 'who signs its certificate' },
};
