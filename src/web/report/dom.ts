/** Elements in one line. Text goes in as text, never as markup. */

export type Child = Node | string | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const SVG = 'http://www.w3.org/2000/svg';

/** An element of HTML; attributes that are false or undefined are left out, those that are true are empty. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function s<T extends keyof SVGElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[T] {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** What the page is sure to have. Throws: Error. */
export function find<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector);
  if (found === null) throw new Error(`Cannot find ${selector}: the page has no such part`);
  return found;
}

/** A button that says what it does. */
export function button(text: string, attributes: Attributes, onClick: () => void): HTMLButtonElement {
  const made = h('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', onClick);
  return made;
}

/** A select with its label; `onChange` is given the place of the choice. */
export function picker(
  label: string,
  options: readonly string[],
  chosen: number,
  onChange: (place: number) => void,
): HTMLLabelElement {
  const select = h(
    'select',
    { 'aria-label': label },
    ...options.map((text, at) => h('option', { value: at, selected: at === chosen }, text)),
  );
  select.addEventListener('change', () => onChange(Number(select.value)));
  return h('label', { class: 'picker' }, h('span', {}, label), select);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}
