// HTML of ours that is replaced in place, with terms that are explained.

import {explainTerms} from "./explanations.js";

/** @param {Component<{html: string, label: string, scrolls: boolean}>} component */
export function render({model, el}) {
  const show = () => { el.innerHTML = model.html; };
  if (model.scrolls) el.tabIndex = 0; // what overflows is scrolled by keys
  if (model.label) Object.assign(el, {role: "region", ariaLabel: model.label});
  model.on("html", show);
  show();
  explainTerms();
}
