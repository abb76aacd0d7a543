/**
 * The session of a client as the tokens that together say what it has seen. A token is opaque here, so two cannot be
 * joined; but an answer has seen all that its call was sent with, and takes the place of those tokens.
 */

/** Beyond so many, a server is asked to make one of them. */
const TOKENS_MAX = 16;
/** A session that is longer goes in bodies, if a call has one. */
const HEADER_UNITS_MAX = 6_000;

/** The tokens of one session. Bound: callers have them joined beyond 16. */
export class SessionTokens {
  #tokens: readonly string[];
  #isInBodies = false;

  constructor(session: string | undefined) {
    this.#tokens = session === undefined || session === '' ? [] : session.split(',');
  }

  /** As a header or a body carries it; '' when nothing was seen yet. */
  get text(): string {
    return this.#tokens.join(',');
  }

  get isMany(): boolean {
    return this.#tokens.length > TOKENS_MAX;
  }

  /** Whether headers are too short for it, or for what the servers answer. */
  get isLong(): boolean {
    return this.#isInBodies || this.text.length > HEADER_UNITS_MAX;
  }

  /** An answer could not say all it had to in headers: bodies from now on. */
  useBodies(): void {
    this.#isInBodies = true;
  }

  /** Takes in what an answer has seen, to a call that was sent with `sent`. */
  take(sent: string, answered: string): void {
    if (answered === sent) return;
    const covered = sent.split(',');
    const left = this.#tokens.filter((token) => !covered.includes(token) && token !== answered);
    this.#tokens = [...left, answered];
  }
}
