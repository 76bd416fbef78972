// Shows the explanation of a term beside it: under a pointer, at a tap, at keyboard focus. One
// bubble serves the whole page, also terms within shadow roots; Escape closes it.

import {element, listen} from "./dom.js";

const NAME = "egop-explanation";
const STYLE = `position: fixed; z-index: 3000; max-width: min(320px, calc(100vw - 24px));
  padding: 8px 11px; box-sizing: border-box; border-radius: 8px; background: #1c2430; color: #ffffff;
  border: 1px solid #55606e; font: 13px/1.4 system-ui, sans-serif; pointer-events: none;`;

export function explainTerms() {
  if (document.querySelector(`.${NAME}`)) return;
  const bubble = element("div", {role: "tooltip", className: NAME, hidden: true});
  bubble.style.cssText = STYLE;
  document.body.append(bubble);
  /** @type {HTMLElement | null} */
  let shown = null;

  /** @param {Event} event */
  const termOf = (event) => event.composedPath().find(isExplained) ?? null;
  const hide = () => {
    shown = null;
    bubble.hidden = true;
  };
  /** @param {HTMLElement} term */
  const show = (term) => {
    shown = term;
    bubble.textContent = term.dataset.explanation ?? "";
    bubble.hidden = false;
    const {offsetWidth, offsetHeight} = bubble, {innerWidth, innerHeight} = window;
    const place = placeOf(term.getBoundingClientRect(), [offsetWidth, offsetHeight], [innerWidth, innerHeight]);
    bubble.style.left = `${place.left}px`;
    bubble.style.top = `${place.top}px`;
  };
  /** @param {Event} event */
  const follow = (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (shown) hide();
  };
  // Not by focusin and pointerover: between elements of one shadow root they never get here.
  listen(document, ["pointermove", "click"], follow);
  listen(document, ["keyup"], (event) => { if (event.key === "Tab") follow(event); });
  listen(document, ["scroll"], () => { if (shown) show(shown); }, {capture: true});
  listen(document, ["keydown"], (event) => {
    const term = termOf(event);
    if (event.key === "Escape" && shown) hide();
    else if (term && event.key === "Enter") show(term);
  });
}

/**
 * @param {EventTarget} node
 * @returns {node is HTMLElement}
 */
function isExplained(node) {
  return Boolean(/** @type {Partial<HTMLElement>} */ (node).dataset?.explanation);
}

/**
 * Returns where a bubble is beside its term: below it, or above where there is no room, and within
 * the window.
 * @param {Pick<DOMRect, "left" | "top" | "bottom">} term
 * @param {[width: number, height: number]} bubble
 * @param {[width: number, height: number]} page
 */
export function placeOf(term, [width, height], [pageWidth, pageHeight]) {
  const below = term.bottom + 6 + height < pageHeight;
  return {
    left: Math.max(12, Math.min(term.left, pageWidth - width - 12)),
    top: below ? term.bottom + 6 : Math.max(6, term.top - height - 6),
  };
}
