/**
 * `cairn serve`: runs a replica until it is told to end. Owns what belongs to the process: the log, the line `ready`,
 * signals, errors that nobody caught, the exit status.
 */

import { InvariantError } from '../errors.ts';
import { CommandError, type Invocation, isRefusal, UsageError } from './command.ts';
import { createLog, errorFields, type Log } from './serve/log.ts';
import { openServing, type Serving } from './serve/open-serving.ts';
import { planOf } from './serve/plan.ts';
import { SETTINGS, type SettingName, type Settings } from './serve/settings.ts';
import { readSettings } from './serve/settings-sources.ts';

/** Beyond the time peers get, so much for closing; then the process ends all the same. */
const CLOSING_MS = 10_000;

/** Runs the command; the exit status: 0 when it was told to end and did, 2 for settings that do not fit, 1 when it could not start or go on. */
export async function run(invocation: Invocation): Promise<number> {
  if (invocation.positionals.length > 0)
    throw new UsageError('Cannot serve: it takes options only. See: cairn help serve');
  const { settings, sources } = await readSettings(invocation, process.env);
  const log = createLog(settings.logLevel);
  // Whoever reads the log has gone; that is no reason to stop.
  process.stderr.on('error', () => undefined);
  const plan = await planOf(settings, sources, (sentence) => log.warn('unwise', { why: sentence })).catch(refuse);
  log.info('starting', { pid: process.pid, settings: told(settings, sources) });
  return new Promise((resolve) => {
    void new Life(log, settings.drainMs, resolve).begin((onDefect) => openServing(plan, log, onDefect));
  });
}

/** A file that a setting names, and that cannot be used, is a setting that cannot be. */
function refuse(error: unknown): never {
  throw error instanceof CommandError ? new UsageError(error.message) : error;
}

/** One Ctrl-C may come twice: from the terminal, and from whatever started this process in it. */
const SAME_SIGNAL_MS = 300;

/** From the first moment to the exit status. */
class Life {
  readonly #log: Log;
  readonly #drainMs: number;
  readonly #resolve: (status: number) => void;
  #serving: Serving | undefined;
  #status = 0;
  #isEnding = false;
  #signalledAt = 0;

  constructor(log: Log, drainMs: number, resolve: (status: number) => void) {
    this.#log = log;
    this.#drainMs = drainMs;
    this.#resolve = resolve;
  }

  async begin(open: (onDefect: (error: unknown) => void) => Promise<Serving>): Promise<void> {
    process.on('SIGTERM', this.#onSignal).on('SIGINT', this.#onSignal).on('uncaughtException', this.#onUncaught);
    process.on('disconnect', this.#onOrphaned);
    try {
      const serving = await open((error) => this.#giveUp(error));
      this.#serving = serving;
      const { id, name, url, peerUrl } = serving;
      if (!this.#isEnding) process.stdout.write(`ready ${name} ${url} ${peerUrl}\n`);
      this.#log.info('ready', { id, url, peerUrl });
      if (this.#isEnding) await this.#end('a signal before it was ready');
    } catch (error) {
      this.#log.error('cannot-start', errorFields(error));
      this.#leave(isRefusal(error) ? 2 : 1);
    }
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const sinceMs = performance.now() - this.#signalledAt;
    if (this.#isEnding) {
      if (this.#signalledAt > 0 && sinceMs < SAME_SIGNAL_MS) return;
      this.#log.warn('ended at once', { why: `a second ${signal}` });
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
    this.#isEnding = true;
    this.#signalledAt = performance.now();
    if (this.#serving !== undefined) void this.#end(signal);
  };

  /** A process that was started with a channel to its parent ends with it. */
  readonly #onOrphaned = (): void => {
    if (!this.#isEnding) this.#onSignal('SIGTERM');
  };

  readonly #onUncaught = (error: unknown): void => {
    this.#log.error('uncaught', errorFields(error));
    // Nothing is known of the state of the process; what is durable stays so.
    process.exit(1);
  };

  /** A defect of Cairn itself: the replica must not be used on. */
  #giveUp(error: unknown): void {
    this.#status = 1;
    if (this.#isEnding) return;
    this.#isEnding = true;
    void this.#end(error instanceof InvariantError ? error.message : String(error));
  }

  async #end(why: string): Promise<void> {
    this.#log.info('ending', { why, drainMs: this.#drainMs });
    const timer = setTimeout(() => {
      this.#log.error('ended late', { why: `closing took over ${this.#drainMs + CLOSING_MS} ms` });
      process.exit(1);
    }, this.#drainMs + CLOSING_MS);
    try {
      await this.#serving?.close();
      this.#log.info('ended');
    } catch (error) {
      this.#log.error('ended badly', errorFields(error));
      this.#status = 1;
    } finally {
      clearTimeout(timer);
      this.#leave(this.#status);
    }
  }

  #leave(status: number): void {
    process.off('SIGTERM', this.#onSignal).off('SIGINT', this.#onSignal).off('uncaughtException', this.#onUncaught);
    process.off('disconnect', this.#onOrphaned);
    if (process.connected) process.disconnect();
    this.#resolve(status);
  }
}

/** What was set, and where. Of files with secrets only the path is a setting. */
function told(settings: Settings, sources: Readonly<Record<SettingName, string>>): Readonly<Record<string, unknown>> {
  const set = Object.entries(settings).filter(([name]) => sources[name as SettingName /* a key of it */] !== 'default');
  return Object.fromEntries(set.filter(([name]) => name in SETTINGS));
}
