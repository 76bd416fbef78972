// The legend, made in Python, whose terms are explained.

import {explainTerms} from "../../ui/explanations.js";

/** @param {Component<{html: string}>} component */
export function render({model, el}) {
  const show = () => { el.innerHTML = model.html; };
  model.on("html", show);
  show();
  explainTerms();
}
