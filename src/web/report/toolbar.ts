/** What stands above the diagram: which run, which key, where to jump, how near, and which kinds of marks. */

import type { MessageKind } from '../../lab/cluster/trace.ts';
import type { Diagram } from './diagram.ts';
import { button, h, s } from './dom.ts';
import { counted } from './format.ts';
import { MESSAGE_LOOK } from './paint-links.ts';
import { anomaliesByKey, firstLoss, type Layer } from './run-model.ts';

/** Shown at first; the rest would cover it. */
export const FIRST_LAYERS: ReadonlySet<Layer> = new Set<Layer>([
  ...(['writes', 'read repair', 'hints', 'exchanges', 'reaping'] as const),
]);

const LAYERS: readonly (readonly [Layer, string, MessageKind | undefined])[] = [
  ['writes', 'writes told', 'write'],
  ['acknowledgements', 'acknowledgements', 'acknowledge'],
  ['reads', 'reads', 'response'],
  ['read repair', 'read repair', 'read repair'],
  ['hints', 'hints', 'hint'],
  ['exchanges', 'exchanges', undefined],
  ['reaping', 'reaping', 'reap'],
];

/** The buttons that move and jump. */
export function movesOf(diagram: Diagram): HTMLElement {
  const first = button('First loss', { class: 'strong' }, () => diagram.showFirstLoss());
  const before = button('‹', { 'aria-label': 'Previous anomaly', title: 'Previous anomaly (p)' }, () =>
    diagram.stepAnomaly(-1),
  );
  const next = button('›', { 'aria-label': 'Next anomaly', title: 'Next anomaly (n)' }, () => diagram.stepAnomaly(1));
  const update = (): void => {
    const loss = firstLoss(diagram.run);
    first.disabled = loss === undefined;
    first.textContent = loss === undefined ? 'Nothing was lost' : loss.what === 'lost' ? 'First loss' : 'First anomaly';
    const isNone = !diagram.shown.some(({ kind }) => kind === 'anomaly');
    before.disabled = isNone;
    next.disabled = isNone;
  };
  diagram.listen({ onKey: () => requestAnimationFrame(update), onDraw: update });
  update();
  return h(
    'div',
    { class: 'moves' },
    h('span', { class: 'buttons' }, first, before, next),
    h(
      'span',
      { class: 'buttons' },
      button('−', { 'aria-label': 'Zoom out', title: 'Zoom out (−)' }, () => diagram.zoom(1.6)),
      button('+', { 'aria-label': 'Zoom in', title: 'Zoom in (+)' }, () => diagram.zoom(1 / 1.6)),
      button('All', { title: 'The whole run (0); once more: with the settling after it' }, () => diagram.fit()),
    ),
  );
}

/** The filter by key: the keys of the run, those with anomalies first. */
export function keyFilterOf(diagram: Diagram): { readonly element: HTMLElement; readonly refill: () => void } {
  const list = h('datalist', { id: 'keys' });
  const input = h('input', {
    type: 'search',
    list: 'keys',
    placeholder: 'all keys',
    'aria-label': 'Only this key',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const refill = (): void => {
    const counts = anomaliesByKey(diagram.run);
    const keys = diagram.run.packed.keys.map((key, at) => ({ key, count: counts[at] ?? 0 }));
    const options = keys
      .sort((one, other) => other.count - one.count)
      .map(({ key, count }) =>
        h('option', { value: key, label: count === 0 ? key : `${key}: ${counted(count, 'anomaly', 'anomalies')}` }),
      );
    list.replaceChildren(...options);
  };
  const apply = (): void => {
    const at = input.value === '' ? -1 : diagram.run.packed.keys.indexOf(input.value);
    input.setAttribute('aria-invalid', String(at < 0 && input.value !== ''));
    if ((at >= 0 || input.value === '') && at !== diagram.key) diagram.setKey(at);
  };
  input.addEventListener('input', apply);
  input.addEventListener('change', apply);
  diagram.listen({
    onKey: (key) => {
      const name = diagram.run.packed.keys[key] ?? '';
      if (input.value !== name) input.value = name;
      input.setAttribute('aria-invalid', 'false');
    },
  });
  const all = button('All keys', { class: 'quiet' }, () => diagram.setKey(-1));
  refill();
  return { element: h('div', { class: 'keys' }, h('label', {}, h('span', {}, 'Key'), input), list, all), refill };
}

/** What marks mean, and which of them are shown. */
export function layersOf(diagram: Diagram): HTMLElement {
  const boxes = LAYERS.map(([layer, words, carries]) => {
    const box = h('input', { type: 'checkbox', checked: diagram.layers.has(layer) });
    box.addEventListener('change', () => {
      const layers = new Set(diagram.layers);
      if (box.checked) layers.add(layer);
      else layers.delete(layer);
      diagram.setLayers(layers);
    });
    return h('label', { class: 'chip' }, box, layerKey(layer, carries), words);
  });
  const marks = [
    h(
      'span',
      { class: 'mark-key' },
      s(
        'svg',
        { viewBox: '0 0 22 14' },
        s('path', { d: 'M9 7H21', class: 'k-bar' }),
        s('circle', { cx: 7, cy: 7, r: 4.5, class: 'k-write' }),
      ),
      'write, until acknowledged',
    ),
    h(
      'span',
      { class: 'mark-key' },
      s(
        'svg',
        { viewBox: '0 0 14 14' },
        s('circle', { cx: 7, cy: 7, r: 4.8, class: 'k-delete' }),
        s('path', { d: 'M4 4L10 10M10 4L4 10', class: 'k-delete' }),
      ),
      'delete',
    ),
    h(
      'span',
      { class: 'mark-key' },
      s('svg', { viewBox: '0 0 18 14' }, s('path', { d: 'M2 2L14 10M11 7L17 13M17 7L11 13', class: 'k-lost' })),
      'message lost',
    ),
    h(
      'span',
      { class: 'mark-key' },
      s('svg', { viewBox: '0 0 18 18' }, s('circle', { cx: 9, cy: 9, r: 7, class: 'k-bad' })),
      'anomaly',
    ),
    h(
      'span',
      { class: 'mark-key' },
      s('svg', { viewBox: '0 0 22 14' }, s('path', { d: 'M2 11C8 11 12 3 20 3', class: 'k-past' })),
      'causal past',
    ),
  ];
  return h(
    'div',
    { class: 'layers' },
    h('div', { class: 'marks' }, ...marks),
    h('div', { class: 'chips', role: 'group', 'aria-label': 'What is shown' }, ...boxes),
  );
}

function layerKey(layer: Layer, carries: MessageKind | undefined): SVGSVGElement {
  const picture = s('svg', { viewBox: '0 0 22 12', 'aria-hidden': 'true' });
  if (layer === 'exchanges') picture.append(s('path', { d: 'M9 1V11M13 1V11', class: 'k-exchange' }));
  else if (layer === 'reaping') picture.append(s('path', { d: 'M6 2H16L11 10Z', class: 'k-reap' }));
  else if (carries !== undefined) {
    const [colour, dashes] = MESSAGE_LOOK[carries];
    picture.append(
      s('path', { d: 'M1 2L21 10', class: `k-line k-of-${colour}`, 'stroke-dasharray': dashes.join(' ') }),
    );
  }
  return picture;
}
