/**
 * Carries sessions out against a listening replica and judges what comes of them: every link ends or still answers, every
 * refusal has a code that is known and a sentence that somebody wrote, and the store holds what it may.
 */

import { ERROR_MEANINGS } from '../../src/error-meanings.ts';
import { type LinkMessage, LinkReader, linkFrames } from '../../src/replica/link-message.ts';
import type { Link } from '../../src/transport/transport.ts';
import type { Place } from './recording.ts';
import type { Session } from './sessions.ts';
import { type Shape, unexplained } from './shape.ts';

/** A listening replica, wherever it runs. */
export type Target = Place & {
  readonly id: () => Promise<string>;
  /** How long a link is listened to after it has answered. */
  readonly linger: () => Promise<void>;
  /** Lets time pass, where it does not by itself, while an answer is waited for. */
  readonly nudge?: () => Promise<void>;
  /** What the store holds once all links have ended; or at once. */
  readonly shape: (isAtOnce?: boolean) => Promise<Shape>;
};

export type Findings = {
  sessions: number;
  frames: number;
  hellos: number;
  readonly refusals: Map<string, number>;
  renewals: number;
};

/** What went wrong, and how to see it again. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly sessions: readonly Session[];

  constructor(what: string, ...sessions: readonly Session[]) {
    super(`${sessions.length === 1 ? `${sessions[0]?.what}: ` : ''}${what}`);
    this.sessions = sessions;
  }
}

/** A link must end, or answer a ping, within this time. */
const ANSWER_MS = 60_000;

/** Nothing refused yet. */
export function newFindings(): Findings {
  return { sessions: 0, frames: 0, hellos: 0, refusals: new Map(), renewals: 0 };
}

/**
 * Runs sessions side by side, each under another name, and judges them; gives the shape of the store after them. What was
 * refused may have changed nothing, the others no more than their own. Throws: Broken.
 */
export async function attack(
  target: Target,
  sessions: readonly Session[],
  before: Shape,
  findings: Findings,
): Promise<Shape> {
  const mayHaveWritten = new Set<string>();
  const run = async (session: Session): Promise<void> => {
    const isRefused = await judged(target, session, findings);
    if (session.isLetIn && !(session.isSingle && isRefused)) mayHaveWritten.add(session.name);
  };
  await Promise.all(sessions.map(run));
  const after = await target.shape();
  const fault = unexplained(before, after, mayHaveWritten);
  if (fault !== undefined) throw new Broken(fault, ...sessions);
  return after;
}

/** Runs one session; gives whether it was refused. */
async function judged(target: Target, session: Session, findings: Findings): Promise<boolean> {
  const heard = await speak(target, session);
  findings.sessions += 1;
  findings.frames += session.hostile;
  findings.hellos += session.frames.length - session.hostile;
  for (const { code, why } of heard.refusals) {
    if (!Object.hasOwn(ERROR_MEANINGS, code)) throw new Broken(`it was refused with ${JSON.stringify(code)}`, session);
    if (DEFECT.test(why) || why === '') throw new Broken(`it was refused with ${code}: ${why}`, session);
    findings.refusals.set(code, (findings.refusals.get(code) ?? 0) + 1);
  }
  return heard.refusals.length > 0;
}

/** How V8 words what no author of a program meant to say. */
const DEFECT =
  /Cannot (read|set) propert|is not (a function|iterable|defined|a constructor)|Invalid (array|typed|string)|call stack|Cannot mix|Maximum|allocation failed|undefined \(|ahead of itself|did not issue/;

type Heard = {
  readonly refusals: { readonly code: string; readonly why: string }[];
  /** Kept when the other side has said something, or the link has ended. */
  readonly first: Promise<void>;
  readonly onFirst: () => void;
};

/** Sends all of it, asks for a sign of life, and listens until that comes or the link ends. */
async function speak(target: Target, session: Session): Promise<Heard> {
  const link = await target.transport.connect(target.address);
  let onFirst = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  const heard: Heard = { refusals: [], first, onFirst };
  let isOver = false;
  const listening = listen(link, heard, target.linger).finally(() => {
    onFirst();
    isOver = true;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ANSWER_MS);
  });
  const talking = talk(link, session, session.isLetIn ? heard.first : Promise.resolve());
  while (target.nudge !== undefined && !isOver) await target.nudge();
  const outcome = await Promise.race([listening, late]);
  clearTimeout(timer);
  if (outcome === 'late') {
    void link.close('too late');
    throw new Broken(`the link neither ended nor answered within ${ANSWER_MS} ms`, session);
  }
  await link.close('enough').catch(() => undefined);
  await talking;
  return heard;
}

async function talk(link: Link, session: Session, greeted: Promise<void>): Promise<void> {
  try {
    for (const [at, frame] of session.frames.entries()) {
      if (at === 1) await greeted;
      await link.send(frame);
    }
    for (const frame of linkFrames({ kind: 'ping' }, 128, { sent: session.numbered })) await link.send(frame);
  } catch {
    // It has ended, which is an answer.
  }
}

async function listen(link: Link, heard: Heard, linger: () => Promise<void>): Promise<'ended'> {
  const reader = new LinkReader();
  for await (const frame of link) {
    const messages = reader.read(frame);
    reader.isGreeted = true;
    heard.onFirst();
    for (const message of messages) note(message, heard);
    // What is worked on longer than an answer to a ping takes may still be refused.
    if (messages.some(({ kind }) => kind === 'pong')) void linger().then(() => link.close('enough'));
  }
  return 'ended';
}

function note(message: LinkMessage, heard: Heard): void {
  if (message.kind === 'refuse' || message.kind === 'stop' || message.kind === 'failed')
    heard.refusals.push({ code: message.code, why: message.why });
}
