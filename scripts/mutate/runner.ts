/**
 * How Stryker runs the tests of a room: all of them bundled into one file and run one after another in the process they
 * are in, the quick ones first, until one fails. The bundle is loaded afresh for every mutant, so that nothing one leaves
 * behind meets the next. A mutant costs a fraction of a second so; with the workers of vitest it was ten.
 */

import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext, type MutantResult } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import type { Reporter } from '@stryker-mutator/api/report';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import { build, type OnLoadResult } from 'esbuild';
import fc from 'fast-check';
import type { Wanted } from './rooms.ts';
import type { Noted } from './words.ts';

const wanted = JSON.parse(process.env['CAIRN_MUTATE'] ?? '{}') as Partial<Wanted>; // what mutate.ts wrote
const {
  tests: PLACES = [],
  sample: SAMPLE = 1,
  runs: RUNS = 100,
  leaveOut,
  quickMs = Number.MAX_SAFE_INTEGER,
} = wanted;
const TEST_MS_MAX = 20_000;
// Stryker calls what runs a hundred times as often as before endless; under properties that takes minutes.
const ENDLESS = 0.1;

/** What the mutants look at: which of them is on, how often it may be met, and on behalf of which test they are. */
type Context = { -readonly [field in keyof InstrumenterContext]: InstrumenterContext[field] | undefined };

const shared = globalThis as unknown as Record<string, Context>; // where the mutants look
const context = (shared[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

class RoomRunner implements TestRunner {
  readonly #bundle = resolve('mutate.bundle.mjs');
  /** Outlives a process that was ended because a mutant never ended. */
  readonly #order = resolve('mutate.order.json');
  #loads = 0;

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true }); // nobody reads the small case
    await build({
      stdin: { contents: contents(), resolveDir: process.cwd() },
      outfile: this.#bundle,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      ignoreAnnotations: true, // the package says that its files do nothing by themselves; tests do
      alias: { vitest: resolve('scripts/mutate/words.ts') },
      logLevel: 'error',
      plugins: [
        { name: 'adapted', setup: (building) => building.onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, adapted) },
      ],
    });
  }

  async dryRun(): Promise<DryRunResult> {
    context.activeMutant = undefined;
    const tests: TestResult[] = [];
    for (const { id, run } of await this.#load()) {
      context.currentTestId = id;
      const started = performance.now();
      const failureMessage = await failureOf(run);
      const timeSpentMs = performance.now() - started;
      const result = { id, name: id, timeSpentMs };
      tests.push(
        failureMessage === undefined
          ? { ...result, status: TestStatus.Success }
          : { ...result, status: TestStatus.Failed, failureMessage },
      );
    }
    context.currentTestId = undefined;
    await this.#remember(tests);
    const { mutantCoverage } = context;
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage === undefined ? {} : { mutantCoverage }) };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { testFilter, hitLimit, activeMutant, mutantActivation } = options;
    if (Number(activeMutant.id) % SAMPLE !== 0)
      return { status: MutantRunStatus.Error, errorMessage: 'not in the sample' };
    const limit = hitLimit === undefined ? undefined : Math.max(1_000, Math.ceil(hitLimit * ENDLESS));
    context.hitCount = 0;
    context.hitLimit = limit;
    context.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    let ran = 0;
    try {
      const tests = await this.#load();
      context.activeMutant = activeMutant.id;
      const meeting = testFilter === undefined ? undefined : new Set(testFilter);
      for (const { id, run } of await this.#inOrder(tests)) {
        if (meeting !== undefined && !meeting.has(id)) continue;
        ran++;
        const failureMessage = await failureOf(run);
        if (failureMessage === undefined) continue;
        if (limit !== undefined && (context.hitCount ?? 0) > limit) return { status: MutantRunStatus.Timeout };
        return { status: MutantRunStatus.Killed, killedBy: [id], failureMessage, nrOfTests: ran };
      }
    } catch (error) {
      // The bundle could not even be loaded.
      return { status: MutantRunStatus.Killed, killedBy: ['0'], failureMessage: String(error), nrOfTests: ran };
    } finally {
      context.activeMutant = undefined;
    }
    return { status: MutantRunStatus.Survived, nrOfTests: ran };
  }

  async dispose(): Promise<void> {
    await rm(this.#bundle, { force: true });
  }

  async #load(): Promise<readonly Noted[]> {
    const { noted } = (await import(`${pathToFileURL(this.#bundle)}?${this.#loads++}`)) as { readonly noted: Noted[] };
    return leaveOut === undefined ? noted : noted.filter(({ id }) => !new RegExp(leaveOut).test(id));
  }

  /** The ids of those that are run from now on, the quick ones first. */
  async #remember(tests: readonly TestResult[]): Promise<void> {
    const inOrder = tests.toSorted((a, b) => a.timeSpentMs - b.timeSpentMs);
    const isSlow = ({ timeSpentMs }: TestResult): boolean => timeSpentMs > quickMs;
    const slow = inOrder.filter(isSlow).map(({ id }) => id);
    if (slow.length > 0) console.log(`left out: ${slow.join('; ')}`);
    await writeFile(this.#order, JSON.stringify(inOrder.filter((test) => !isSlow(test)).map(({ id }) => id)));
  }

  async #inOrder(tests: readonly Noted[]): Promise<readonly Noted[]> {
    const order = JSON.parse(await readFile(this.#order, 'utf8')) as readonly string[]; // our own
    const byId = new Map(tests.map((test) => [test.id, test]));
    return order.flatMap((id) => byId.get(id) ?? []);
  }
}

/** A file that takes in the tests: files, or folders without those in them. */
function contents(): string {
  const files = [...new Set(PLACES)].flatMap((place) =>
    place.endsWith('.ts')
      ? [place]
      : readdirSync(place).flatMap((name) => (/\.test\.ts$/.test(name) ? [`${place}/${name}`] : [])),
  );
  for (const file of files) if (!existsSync(file)) throw new Error(`Cannot mutate: there is no ${file}`);
  return [...files.sort().map((file) => `import './${file}';`), "export { noted } from 'vitest';"].join('\n');
}

/** A test finds the files beside it, although it is run from the bundle, and draws fewer cases; not where it draws thousands and counts them. */
async function adapted({ path }: { readonly path: string }): Promise<OnLoadResult> {
  const own = JSON.stringify(String(pathToFileURL(path)));
  const text = await readFile(path, 'utf8');
  const contents = text
    .replaceAll('import.meta.url', own)
    .replaceAll(/\bnumRuns: (\d{3}|1_000)\b/g, `numRuns: ${RUNS}`);
  return { contents, loader: 'ts', resolveDir: dirname(path) };
}

/** What went wrong in a test, or undefined. */
async function failureOf(run: () => unknown): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const done = run();
    if (done instanceof Promise) {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('never ends')), TEST_MS_MAX);
      });
      await Promise.race([done, late]);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 500) : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Says at once which mutant was missed. */
class MissedReporter implements Reporter {
  onMutantTested({ id, fileName, location, mutatorName, replacement, status }: MutantResult): void {
    if ((status !== 'Survived' && status !== 'NoCoverage') || Number(id) % SAMPLE !== 0) return;
    const { start, end } = location;
    // As `--files` takes it: there the first column is 0.
    const place = `${relative('.', fileName)}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
    console.log(`${place}  ${status} ${mutatorName}  ${replacement.replaceAll(/\s+/g, ' ')}`);
  }
}

/** What Stryker asks a plugin for. */
export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'room', RoomRunner),
  declareClassPlugin(PluginKind.Reporter, 'missed', MissedReporter),
];
