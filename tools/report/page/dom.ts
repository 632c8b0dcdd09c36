/** Elements made from data: text is always text, never markup, whatever a payload or a host name contains. */

type Child = Node | string;

/** A new element. @param className one or more classes, '' for none */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/** Leads to another place of the page. */
export function link(text: string, onClick: () => void): HTMLAnchorElement {
  const anchor = element('a', '', [text]);
  anchor.href = '#';
  anchor.addEventListener('click', (event) => {
    event.preventDefault();
    onClick();
  });
  return anchor;
}

/** An element of the page's skeleton. @throws Error if it is not there */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element #${id}.`);
  return found;
}

/** A canvas as large as its element, sharp on any screen; undefined if it has no room. */
export function sharpContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth, clientHeight } = canvas;
  if (clientWidth === 0 || clientHeight === 0) return undefined;
  canvas.width = Math.round(clientWidth * ratio);
  canvas.height = Math.round(clientHeight * ratio);
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** The colours of the scheme in force, by name. */
export class Palette {
  readonly #style = getComputedStyle(document.documentElement);
  readonly #colors = new Map<string, string>();

  get(name: string): string {
    let color = this.#colors.get(name);
    if (color === undefined) {
      color = this.#style.getPropertyValue(`--${name}`).trim();
      this.#colors.set(name, color);
    }
    return color;
  }
}

export function seconds(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}`;
}

/** "1.2 ms" */
export function duration(us: number): string {
  if (us < 1000) return `${us} us`;
  if (us < 1e6) return `${+(us / 1000).toFixed(3)} ms`;
  return `${+(us / 1e6).toFixed(3)} s`;
}
