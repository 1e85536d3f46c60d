type Child = Node | string;
type Attributes = Readonly<Record<string, string | number | boolean | (() => void)>>;

/**
 * An element with attributes (`on...` are listeners) and children; texts stay texts, whatever markup is in them.
 *
 * @example
 * element('button', { type: 'button', onclick: () => remove() }, name)
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value);
    else if (typeof value === 'boolean') made.toggleAttribute(key, value);
    else made.setAttribute(key, `${value}`);
  }
  made.append(...children);
  return made;
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement;
/** The same of a kind, `HTMLInputElement` say. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind;
export function byId(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} '${id}'.`);
}
