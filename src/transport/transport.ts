/**
 * The transport port: frames of bytes to and from one peer, in order, with back-pressure. A transport knows nothing of
 * what the frames mean; it may lose a link at any moment, and the protocols above take that for an interrupted exchange.
 */

/**
 * One open link. Iterating gives the peer's frames, each once, and ends when the link is closed by either side or lost;
 * it does not throw. What had come before the other side closed is still given; after this side's own `close` nothing
 * is. Leaving a loop leaves the link open, and the next loop goes on. A frame that nobody has taken yet holds the peer
 * back: a link keeps a bounded number of bytes (one that cannot hold its peer back ends past such a bound). Frames are
 * plain Uint8Arrays that belong to whoever took them.
 */
export type Link = AsyncIterable<Uint8Array> & {
  /** The address of the other side, for people. */
  readonly peer: string;
  /** The name that the transport itself has proved, by a certificate; undefined where it has none. */
  readonly provenName: string | undefined;
  /**
   * Answers when the link can take another frame; until then the frame's bytes must not be changed. Calls that overlap
   * go out in the order they were made. Throws: LINK_FAILED once it is closed, and where it ends meanwhile; RangeError
   * over the limit, and nothing was sent.
   */
  readonly send: (frame: Uint8Array) => Promise<void>;
  /**
   * Ends the link; what was given to `send` before still goes out where it can, for a bounded time. `why` is for the
   * other side's log. Does not throw, and may be called again.
   */
  readonly close: (why?: string) => Promise<void>;
  /**
   * Ends the link if more than so many bytes come, frames that are not whole yet among them; without a number, nothing is
   * counted. For the time before it is known who the other side is. A link whose frames cost nothing before they are taken
   * need not have it.
   */
  readonly restrict?: (bytesMax?: number) => void;
  /** Why the link has ended, in words for a log; undefined while it is open. */
  readonly endedBecause: () => string | undefined;
};

/** A place where peers can open links. */
export type Listener = {
  /** Where it listens, as a peer would write it to `connect`. */
  readonly address: string;
  /** Ends listening; links that are open stay. */
  readonly close: () => Promise<void>;
};

export type Transport = {
  /** What its addresses begin with, as `ws:`. */
  readonly schemes: readonly string[];
  /** The largest frame a link carries. */
  readonly frameBytesMax: number;
  /** Opens a link. Throws: LINK_FAILED, also when it takes longer than `timeoutMs`; TypeError for no such address. */
  readonly connect: (address: string, options?: { readonly timeoutMs?: number }) => Promise<Link>;
  /** Calls `onLink` for each link a peer opens. Throws: LINK_FAILED when the address cannot be listened at. */
  readonly listen: (address: string, onLink: (link: Link) => void) => Promise<Listener>;
};
