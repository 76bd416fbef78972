// A formula set as mathematics; MathJax is loaded with the first one.

let loading = null;

function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, {src: address, onload: resolve, onerror: reject});
    document.head.append(script);
  });
}

// MathJax as Bokeh provides it; null where there is none.
async function mathjax() {
  const {default_provider: provider} = window.Bokeh.require("models/text/providers");
  if (provider.MathJax == null) await provider.fetch(); // the page may have it already
  const bokeh = document.querySelector("script[src*='/bokeh.min.js']");
  if (provider.MathJax == null && bokeh != null) {
    loading ??= load(bokeh.src.replace("/bokeh.min.js", "/bokeh-mathjax.min.js"));
    await loading.catch(() => { loading = null; }); // so that the next formula tries again
    await provider.fetch();
  }
  return provider.MathJax;
}

export function render({model, el}) {
  const place = document.createElement("div");
  place.setAttribute("role", "img");
  el.append(place);

  async function draw() {
    const {latex} = model;
    place.setAttribute("aria-label", `${model.spoken}: ${latex}`);
    if (latex === "") {
      place.replaceChildren();
      return;
    }
    const typesetter = await mathjax();
    if (latex !== model.latex) return; // another one came meanwhile
    place.replaceChildren(typesetter?.tex2svg(latex, {display: true}) ?? latex);
  }
  for (const name of ["latex", "spoken"]) model.on(name, draw);
  draw();
}
