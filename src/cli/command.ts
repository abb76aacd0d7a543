/** What a command is: its words, its options as data for node:util's parseArgs, and how its code is loaded. */

/** As parseArgs takes it, with the words for the help page. */
export type Option = {
  readonly type: 'string' | 'boolean';
  readonly help: string;
  /** What the help page calls the value of a string option. */
  readonly value?: string;
  /** Whether it may be given several times; its value is then a list. */
  readonly multiple?: boolean;
};

/** What the command line said, checked against the options of the command. */
export type Invocation = {
  readonly values: { readonly [option: string]: string | boolean | readonly string[] | undefined };
  readonly positionals: readonly string[];
};

/** Gives the exit status: 0 done, 1 a check failed, 2 wrong usage. */
export type Run = (invocation: Invocation) => Promise<number>;

export type Command = {
  readonly summary: string;
  readonly usage: readonly string[];
  readonly options: { readonly [option: string]: Option };
  readonly details: readonly string[];
  readonly load: () => Promise<Run>;
};

/** The command line asks for something that is not there; exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot do what was asked, and its sentence says all there is to say; exit status 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Whether the sentence of an error says all there is to say: nobody needs its stack. */
export function isRefusal(error: unknown): error is UsageError | CommandError {
  return error instanceof UsageError || error instanceof CommandError;
}
