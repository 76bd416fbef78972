export function render({model, el}) {
  const show = () => { el.innerHTML = model.html; };
  model.on("html", show);
  show();
  explainTerms();
}
