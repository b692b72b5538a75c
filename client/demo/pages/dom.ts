import { iconMarkup, type IconName } from './icons.ts';

/** The first element that matches `selector`. Throws when the document has none. */
export function find<T extends Element>(
  selector: string,
  type: { new (): T },
  within: ParentNode = document,
): T {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new TypeError(`${selector} is missing`);
  return found;
}

type Child = Node | string | null;

/** Creates an element with attributes and children. `null` children are left out. */
export function make(
  tag: string,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function icon(name: IconName): Node {
  const holder = document.createElement('template');
  holder.innerHTML = iconMarkup(name);
  return holder.content;
}

/** A button with an icon and words. */
export function button(
  look: string,
  text: string,
  onClick: () => void,
  drawing: IconName | null = null,
): HTMLElement {
  const made = make(
    'button',
    { class: `button ${look}`.trim(), type: 'button' },
    drawing === null ? null : icon(drawing),
    make('span', {}, text),
  );
  made.addEventListener('click', onClick);
  return made;
}

/** Shows an error line within `place`; null hides it. */
export function showProblem(place: ParentNode, words: string | null): void {
  const line = find('.problem', HTMLElement, place);
  line.textContent = words ?? '';
  line.hidden = words === null;
}

/** Makes the language links keep the other parts of the address. */
export function keepAddress(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.languages a')) {
    const query = new URLSearchParams(location.search);
    query.set('lang', link.lang);
    link.search = query.toString();
  }
}

/** Shows one step of a page and hides the others. */
export function showStep(name: string): void {
  document.body.dataset['step'] = name;
  for (const section of document.querySelectorAll<HTMLElement>('[data-step]')) {
    if (section !== document.body) section.hidden = section.dataset['step'] !== name;
  }
}

/** Shows the offline line whenever the browser is offline. */
export function watchConnection(): void {
  const line = find('.offline', HTMLElement);
  const update = () => {
    line.hidden = navigator.onLine;
  };
  addEventListener('online', update);
  addEventListener('offline', update);
  update();
}

/**
 * Handles the submit event of a form. A form is not sent twice at the same time, and its fields report missing values
 * themselves.
 */
export function onSubmit(form: HTMLFormElement, submit: (entries: FormData) => Promise<void>): void {
  let isBusy = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isBusy || !form.reportValidity()) return;
    isBusy = true;
    form.setAttribute('aria-busy', 'true');
    void submit(new FormData(form)).finally(() => {
      isBusy = false;
      form.removeAttribute('aria-busy');
    });
  });
}

export function textOf(entries: FormData, name: string): string {
  const value = entries.get(name);
  return typeof value === 'string' ? value : '';
}
