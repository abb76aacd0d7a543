/** The colours of the diagram, taken from the page's style: a canvas does not know of light and dark. */

const NAMES = [
  ...(['ink', 'soft', 'faint', 'paper', 'line', 'bad', 'past'] as const),
  ...(['write', 'repair', 'hint', 'reap', 'exchange', 'band', 'side'] as const),
] as const;

export type Palette = Readonly<Record<(typeof NAMES)[number], string>> & { readonly font: string };

/** Reads them as they are now; to be read again when the theme changes. */
export function readPalette(within: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  within.append(probe);
  const colours = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  const font = getComputedStyle(within).fontFamily;
  probe.remove();
  return { ...(Object.fromEntries(colours) as Omit<Palette, 'font'>), font }; // as: one entry for each name
}
