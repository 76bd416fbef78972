// A formula set as mathematics; MathJax is loaded with the first one.

import {element} from "./dom.js";

/** @type {Promise<unknown> | null} */
let loading = null;

/** @param {string} address */
function load(address) {
  return new Promise((resolve, reject) => {
    document.head.append(element("script", {src: address, onload: resolve, onerror: reject}));
  });
}

/** Returns MathJax as Bokeh provides it; null where there is none. */
async function mathjax() {
  const {default_provider: provider} = window.Bokeh.require("models/text/providers");
  if (provider.MathJax == null) await provider.fetch(); // the page may have it already
  /** @type {HTMLScriptElement | null} */
  const bokeh = document.querySelector("script[src*='/bokeh.min.js']");
  if (provider.MathJax == null && bokeh != null) {
    loading ??= load(bokeh.src.replace("/bokeh.min.js", "/bokeh-mathjax.min.js"));
    await loading.catch(() => { loading = null; }); // so that the next formula tries again
    await provider.fetch();
  }
  return provider.MathJax;
}

/**
 * Sets a formula in place of what is there, unless another one comes meanwhile.
 * @param {HTMLElement} place
 * @param {string} latex
 * @param {string} spoken what a screen reader calls it
 */
export async function typeset(place, latex, spoken) {
  const label = `${spoken}: ${latex}`;
  place.ariaLabel = label;
  const typesetter = await mathjax();
  if (place.ariaLabel === label)
    place.replaceChildren(typesetter?.tex2svg(latex, {display: true}) ?? latex);
}
