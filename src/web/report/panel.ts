/** What the chosen mark says: who, when, what was shown after it, the clock, and what it was based on. */

import type { PackedView } from '../../lab/report/page-data.ts';
import type { Diagram } from './diagram.ts';
import { button, type Child, h } from './dom.ts';
import { counted, formatTime, listed } from './format.ts';
import { causalPast, type Mark, type OperationMark, type Run, viewAt } from './run-model.ts';
import { ANOMALY_WORDS, anomalyStory, keyName, laneName, operationWords, titleOf } from './story.ts';

type Fact = readonly [term: string, ...what: Child[]];

const PAST_MOST = 12;

/** The panel of a diagram; it follows what is chosen. */
export function panelOf(diagram: Diagram): HTMLElement {
  const live = h('div', { class: 'hidden', 'aria-live': 'polite' });
  const body = h('div', { class: 'panel-body' });
  const panel = h('aside', { class: 'panel', tabindex: -1, 'aria-label': 'The chosen mark' }, body, live);
  const show = (mark: Mark | undefined): void => {
    panel.classList.toggle('empty', mark === undefined);
    if (mark === undefined) {
      body.replaceChildren(
        h(
          'p',
          { class: 'note' },
          'Click a mark, or focus the diagram and press →, to see its clock, what was shown after it, and what it was based on.',
        ),
      );
      return;
    }
    const title = titleOf(diagram.run, mark);
    const close = button('×', { class: 'close', 'aria-label': 'Choose nothing' }, () => {
      diagram.select(undefined);
      diagram.element.focus();
    });
    body.replaceChildren(h('h3', {}, title), close, ...contentOf(diagram, mark));
    live.textContent = `${title}, ${laneName(diagram.run, mark.lane)}, ${formatTime(mark.at)}`;
  };
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') diagram.element.focus();
  });
  diagram.listen({ onSelect: show });
  show(undefined);
  return panel;
}

function contentOf(diagram: Diagram, mark: Mark): readonly Node[] {
  const { run } = diagram;
  const when: Fact = ['when', formatTime(mark.at)];
  switch (mark.kind) {
    case 'operation':
      return operationContent(diagram, mark);
    case 'read':
      return [
        facts([
          ['who', `client ${mark.client + 1} at ${laneName(run, mark.lane)}`],
          when,
          ...viewFacts(diagram, mark.view, 'shown'),
        ]),
      ];
    case 'message': {
      const way: Fact = ['from, to', `${laneName(run, mark.lane)} → ${laneName(run, mark.to)}`];
      const end: Fact = mark.isLost
        ? ['lost', formatTime(mark.endAt)]
        : ['arrived', `${formatTime(mark.endAt)}, after ${formatTime(mark.endAt - mark.at)}`];
      return [
        facts([way, ['sent', formatTime(mark.at)], end, ...viewFacts(diagram, mark.view, 'shown there after it')]),
      ];
    }
    case 'exchange': {
      const moved: Fact = ['records moved', String(mark.records)];
      const keys = mark.changed.filter(({ key }) => diagram.key < 0 || key === diagram.key);
      const views = keys
        .slice(0, PAST_MOST)
        .flatMap(({ key, view, peerView }): Fact[] => [
          [
            keyName(run, key),
            `${laneName(run, mark.lane)} shows `,
            ...shownWords(diagram, viewAt(run, view)),
            `; ${laneName(run, mark.peer)} `,
            ...shownWords(diagram, viewAt(run, peerView)),
          ],
        ]);
      const rest = keys.length - views.length;
      return [
        facts([when, moved, ...views]),
        ...(rest > 0 ? [h('p', { class: 'note' }, `and ${counted(rest, 'key')} more`)] : []),
      ];
    }
    case 'tidied': {
      const keys: Fact[] = mark.keys.length === 0 ? [] : [['keys', listed(mark.keys.map((key) => keyName(run, key)))]];
      return [facts([when, ...keys]), h('p', { class: 'note' }, 'It forgot tombstones that its rule lets it forget.')];
    }
    case 'fault':
      return [facts([when, ...(mark.untilAt === undefined ? [] : [['until', formatTime(mark.untilAt)] as const])])];
    case 'anomaly': {
      const operation = run.operations.get(mark.operation);
      const noticed: Fact[] =
        mark.noticedAt > mark.at ? [['certain', `${formatTime(mark.noticedAt)}, when all had settled`]] : [];
      const others = mark.instead.length === 0 ? [] : [['shown instead', ...numbersOf(diagram, mark.instead)] as Fact]; // as: a term and what it is
      return [
        h('p', { class: 'story' }, anomalyStory(run, mark)),
        facts([['where', `${laneName(run, mark.lane)}, ${formatTime(mark.at)}`], ...noticed, ...others]),
        ...(operation === undefined
          ? []
          : [h('h4', {}, operationWords(run, mark.operation, true)), ...operationContent(diagram, operation)]),
      ];
    }
    default:
      throw new TypeError(`Cannot show ${JSON.stringify(mark satisfies never)}: it is of no known kind`);
  }
}

function operationContent(diagram: Diagram, mark: OperationMark): readonly Node[] {
  const { run } = diagram;
  const past = causalPast(run, mark.number);
  const heirs = run.heirs.get(mark.number) ?? [];
  const wrong = run.anomalies
    .filter(({ operation }) => operation === mark.number)
    .map(({ what }) => ANOMALY_WORDS[what]);
  const done =
    mark.doneAt === undefined
      ? 'not answered'
      : mark.isAcknowledged
        ? mark.doneAt === mark.at
          ? 'at once'
          : `after ${formatTime(mark.doneAt - mark.at)}`
        : `not in time (${formatTime(mark.doneAt - mark.at)})`;
  return [
    facts([
      ['operation', button(String(mark.number), { class: 'number' }, () => diagram.selectOperation(mark.number))],
      [
        'key',
        button(keyName(run, mark.key), { class: 'number', title: 'Show this key alone' }, () =>
          diagram.setKey(mark.key),
        ),
      ],
      ['who', `client ${mark.client + 1} at ${laneName(run, mark.lane)}`],
      ['when', formatTime(mark.at)],
      ['acknowledged', done],
      ['based on', ...(mark.basis.length === 0 ? ['nothing it had been shown'] : numbersOf(diagram, mark.basis))],
      ...viewFacts(diagram, mark.view, 'shown after it'),
      ['overwritten by', ...(heirs.length === 0 ? ['nobody'] : numbersOf(diagram, heirs))],
      ...(wrong.length === 0
        ? []
        : [['went wrong', h('strong', { class: 'bad' }, listed([...new Set(wrong)]))] as const]),
    ]),
    pastOf(diagram, past),
  ];
}

/** The causal past as a list, newest first. */
function pastOf(diagram: Diagram, past: readonly OperationMark[]): HTMLElement {
  const rows = past
    .slice(0, PAST_MOST)
    .map((one) =>
      h('li', {}, ...numbersOf(diagram, [one.number]), ` ${laneName(diagram.run, one.lane)}, ${formatTime(one.at)}`),
    );
  const rest = past.length - rows.length;
  return h(
    'div',
    { class: 'past' },
    h('h4', {}, past.length === 0 ? 'No causal past' : `Causal past: ${counted(past.length, 'operation')}`),
    h('ol', {}, ...rows),
    rest > 0 && h('p', { class: 'note' }, `and ${counted(rest, 'older one')}`),
  );
}

function viewFacts(diagram: Diagram, view: number, term: string): readonly Fact[] {
  const found = viewAt(diagram.run, view);
  if (found === undefined) return [];
  const count = found[0].length;
  const siblings = count > 1 ? ` (${count} siblings)` : '';
  return [
    [term, ...shownWords(diagram, found), siblings],
    ['clock', clockOf(diagram.run, found)],
  ];
}

function shownWords(diagram: Diagram, view: PackedView | undefined): readonly Child[] {
  if (view === undefined) return ['nothing'];
  const all = [...view[0], ...view[1]];
  return all.length === 0 ? ['nothing'] : numbersOf(diagram, all);
}

function clockOf({ packed }: Run, [, , clock]: PackedView): Child {
  if (clock === null) return 'this strategy tells of none';
  const entries = packed.clocks.map((id, at) =>
    h('li', {}, h('span', {}, id.replace(/~0$/, '')), ` ${clock[at] ?? 0}`),
  );
  return h('ul', { class: 'clock' }, ...entries);
}

/** Operations as buttons that choose them; those that are not drawn as words. */
function numbersOf(diagram: Diagram, numbers: readonly number[]): readonly Child[] {
  return numbers.flatMap((number, at): Child[] => {
    const words = operationWords(diagram.run, number);
    const comma = at === 0 ? '' : ', ';
    if (!diagram.run.operations.has(number)) return [comma, words];
    return [comma, button(words, { class: 'number' }, () => diagram.selectOperation(number))];
  });
}

function facts(all: readonly Fact[]): HTMLElement {
  return h('dl', { class: 'facts' }, ...all.flatMap(([term, ...what]) => [h('dt', {}, term), h('dd', {}, ...what)]));
}
