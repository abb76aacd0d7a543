/** What an attack finds when it finds something. */

import type { Session } from './sessions.ts';

/** What went wrong, and how to see it again. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly sessions: readonly Session[];

  constructor(what: string, ...sessions: readonly Session[]) {
    super(`${sessions.length === 1 ? `${sessions[0]?.what}: ` : ''}${what}`);
    this.sessions = sessions;
  }
}
