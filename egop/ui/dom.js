// What the scripts of all components share: elements, listeners, and the page around a component.

/**
 * Returns an element with properties and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * Returns a button.
 * @param {Partial<HTMLButtonElement>} properties
 * @param {(event: MouseEvent) => void} onClick
 * @param {(Node | string)[]} children
 */
export function button(properties, onClick, ...children) {
  const made = element("button", {type: "button", ...properties}, ...children);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Returns the drawing that a constant text describes.
 * @param {string} markup
 */
export function svg(markup) {
  const template = element("template", {innerHTML: markup});
  return /** @type {SVGElement} */ (template.content.firstElementChild);
}

/**
 * Returns an icon of 24 by 24 units, in the color of the text around it.
 * @param {string} path
 */
export function icon(path) {
  return svg(`<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <path fill="currentColor" d="${path}"/></svg>`);
}

/**
 * Listens to events of several kinds; returns what ends it.
 * @param {EventTarget} target
 * @param {string[]} kinds
 * @param {(event: any) => void} listener
 * @param {AddEventListenerOptions} [options]
 */
export function listen(target, kinds, listener, options) {
  for (const kind of kinds) target.addEventListener(kind, listener, options);
  return () => {
    for (const kind of kinds) target.removeEventListener(kind, listener, options);
  };
}

/**
 * Returns the element with the focus, also where it is in the shadow root of a component.
 * @param {Element} el
 */
export function focused(el) {
  const root = /** @type {Document | ShadowRoot} */ (el.getRootNode());
  return /** @type {HTMLElement | null} */ (root.activeElement);
}

/**
 * Returns Bokeh's model of a name, null while there is none.
 * @param {string} name
 */
export function findModel(name) {
  for (const page of window.Bokeh?.documents ?? []) {
    const model = page.get_model_by_name(name);
    if (model != null) return model;
  }
  return null;
}

/**
 * Acts when the page's cover is gone: it goes when nothing is left to draw, and a page that is
 * still being built misses what the server does with a message.
 * @param {() => void} action
 * @param {number} [tries] after which it acts anyway
 */
export function afterLoading(action, tries = 200) {
  const cover = document.getElementById("loader");
  const covered = cover != null && getComputedStyle(cover).display !== "none";
  if (covered && tries > 0) setTimeout(() => afterLoading(action, tries - 1), 50);
  else action();
}
