/**
 * HTTP in neutral words: what the handler is given and what it gives back. Neither knows sockets, nor the Request and
 * Response of the web, which cost a server on Node more than all the rest; two thin adapters translate. Types only.
 */

export type HttpRequest = {
  readonly method: string;
  /** What comes before the `?`, still percent-encoded. */
  readonly path: string;
  /** What comes after the `?`, or ''. */
  readonly query: string;
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The whole body. Throws: LIMIT_EXCEEDED beyond `bytesMax`, before it is read where its length was told; LINK_FAILED. */
  readonly body: (bytesMax: number) => Promise<Uint8Array>;
  /** Of the other side, for limits. */
  readonly address: string;
};

/** A body that is still being made: asked for the next piece when the one before has gone, ended by `return`. */
export type HttpStream = AsyncIterableIterator<string>;

export type HttpResponse = {
  readonly status: number;
  /** Name, value, name, value; names in lower case. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | HttpStream | undefined;
};
