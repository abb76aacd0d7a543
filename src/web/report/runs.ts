/** The section of the diagram: which run, the diagram with all around it, and the list of what went wrong in it. */

import type { PackedTrace } from '../../lab/report/page-data.ts';
import type { AnomalyKind } from '../../lab/truth/judge.ts';
import { pointWords, variedDimensions } from './compare.ts';
import { Diagram } from './diagram.ts';
import { button, find, h, picker } from './dom.ts';
import { counted, formatTime } from './format.ts';
import { handle } from './gestures.ts';
import { overviewOf } from './overview.ts';
import type { PageContext } from './page-context.ts';
import { panelOf } from './panel.ts';
import { type AnomalyMark, openRun, type Run } from './run-model.ts';
import { ANOMALY_KINDS, ANOMALY_WORDS, anomalyStory, keyName, leftOut, operationWords } from './story.ts';
import { FIRST_LAYERS, keyFilterOf, layersOf, movesOf } from './toolbar.ts';

const LISTED_MOST = 60;

/** Fills both sections; gives what redraws the diagram when the theme changed. */
export function showRuns(section: HTMLElement, list: HTMLElement, context: PageContext): () => void {
  const { traces } = context.data;
  const opened = new Map<PackedTrace, Run>();
  const runOf = (trace: PackedTrace): Run => {
    const run = opened.get(trace) ?? openRun(trace);
    opened.set(trace, run);
    return run;
  };
  const first = worstOf(traces);
  if (first === undefined) {
    section.append(
      h(
        'p',
        { class: 'note' },
        'No run was recorded. The command that made this report can be told which runs to draw.',
      ),
    );
    list.hidden = true;
    return () => undefined;
  }
  const diagram = new Diagram(runOf(first), FIRST_LAYERS);
  const left = h('p', { class: 'note' });
  const panel = panelOf(diagram);
  const overview = overviewOf(diagram);
  const keys = keyFilterOf(diagram);
  const show = (run: Run): void => {
    left.textContent = leftOut(run) ?? '';
    left.hidden = left.textContent === '';
    diagram.element.setAttribute('aria-label', `Space-time diagram: ${titleOf(context, run.packed)}`);
    keys.refill();
    overview.redraw();
    listAnomalies(list, diagram, titleOf(context, run.packed));
  };
  const choose = (at: number): void => {
    const trace = traces[at];
    if (trace === undefined) return;
    diagram.setRun(runOf(trace));
    show(diagram.run);
  };
  const titles = traces.map((trace) => titleOf(context, trace));
  handle(diagram, () => panel.focus());
  section.append(
    h(
      'p',
      { class: 'lead' },
      'Each line is a replica, time goes to the right. Every strategy meets the same clients, delays and faults: change the strategy and look at the same moment again.',
    ),
    h(
      'div',
      { class: 'toolbar' },
      picker('Run', titles, traces.indexOf(first), choose),
      keys.element,
      movesOf(diagram),
    ),
    layersOf(diagram),
    h('div', { class: 'stage' }, h('div', { class: 'drawing' }, diagram.element, overview.element, helpOf()), panel),
    left,
  );
  show(diagram.run);
  diagram.showFirstLoss();
  return () => {
    diagram.recolour();
    overview.redraw();
  };
}

/** The first run that lost something; else one in which something else went wrong, worst first; else the first. */
function worstOf(traces: readonly PackedTrace[]): PackedTrace | undefined {
  for (const worst of ANOMALY_KINDS) {
    const found = traces.find(({ anomalies }) => anomalies.some(([kind]) => kind === worst));
    if (found !== undefined) return found;
  }
  return traces[0];
}

function titleOf({ looks, data }: PageContext, { strategy, seed, point }: PackedTrace): string {
  const title = looks.find(({ name }) => name === strategy)?.title ?? strategy;
  const varied = variedDimensions(data.result.points);
  return `${title} · seed ${seed}${varied.length === 0 ? '' : ` · ${pointWords(point, varied)}`}`;
}

function helpOf(): HTMLElement {
  const keys: readonly (readonly [string, string])[] = [
    ['← →', 'next mark'],
    ['↑ ↓', 'next lane'],
    ['Shift ← →', 'move'],
    ['+ − 0', 'zoom'],
    ['n p f', 'anomalies'],
    ['Enter', 'read'],
    ['Esc', 'none'],
  ];
  const entries = keys.map(([key, what]) => h('span', {}, h('kbd', {}, key), ` ${what} `));
  return h(
    'p',
    { class: 'keys-help', id: 'diagram-keys' },
    h('span', { class: 'by-hand' }, 'Drag to move, pinch or wheel to zoom, click a mark.'),
    ...entries,
  );
}

/** By kind, worst first; each entry jumps to its mark. */
function listAnomalies(section: HTMLElement, diagram: Diagram, title: string): void {
  const { run } = diagram;
  for (const child of [...section.children].slice(1)) child.remove();
  section.append(h('p', { class: 'lead' }, title));
  if (run.anomalies.length === 0) {
    section.append(
      h('p', { class: 'note' }, 'Nothing went wrong in this run: every reader was shown what it had to be shown.'),
    );
    return;
  }
  for (const kind of ANOMALY_KINDS) {
    const marks = run.anomalies.filter(({ what }) => what === kind);
    if (marks.length > 0) section.append(groupOf(diagram, kind, marks));
  }
}

function groupOf(diagram: Diagram, kind: AnomalyKind, marks: readonly AnomalyMark[]): HTMLElement {
  const { run } = diagram;
  const rows = h('ol', { class: 'anomalies' });
  const add = (some: readonly AnomalyMark[]): void => {
    for (const mark of some) {
      const words = `${operationWords(run, mark.operation, true)} of ${keyName(run, mark.key)}`;
      const jump = button('', { class: 'jump', title: anomalyStory(run, mark) }, () => {
        diagram.showAnomaly(mark);
        find('#runs').scrollIntoView({ block: 'start' });
        diagram.element.focus({ preventScroll: true });
      });
      jump.append(h('span', { class: 'at' }, formatTime(mark.at)), h('span', {}, words));
      rows.append(h('li', {}, jump));
    }
  };
  add(marks.slice(0, LISTED_MOST));
  const rest = marks.slice(LISTED_MOST);
  const more = button(counted(rest.length, 'more', 'more'), { class: 'quiet' }, () => {
    add(rest);
    more.remove();
  });
  const summary = h('summary', {}, h('strong', {}, ANOMALY_WORDS[kind]), ` ${counted(marks.length, 'time')}`);
  return h('details', { class: 'anomaly-group', open: kind === 'lost' }, summary, rows, rest.length > 0 && more);
}
