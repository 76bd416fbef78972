// Links past the controls, seen when they have the focus.

import {button} from "./dom.js";

const TARGETS = {
  "Skip to the playback": ".bar button.main",
  "Skip to the results": "[role=tab][aria-selected=true]",
};

/**
 * Returns the last visible match of the page, also within shadow roots.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
function lastOf(root, selector) {
  /** @type {HTMLElement | null} */
  let found = null;
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("*"))) {
    if (each.matches(selector) && each.checkVisibility()) found = each;
    if (each.shadowRoot) found = lastOf(each.shadowRoot, selector) ?? found;
  }
  return found;
}

/** @param {Component} component */
export function render({el}) {
  el.append(...Object.entries(TARGETS).map(([words, selector]) => button({}, () => {
    const target = lastOf(document, selector);
    target?.scrollIntoView({block: "nearest"});
    target?.focus();
  }, words)));
}
