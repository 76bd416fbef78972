// HTML of ours that is replaced in place.

/** @param {Component<{html: string, label: string}>} component */
export function render({model, el}) {
  const show = () => { el.innerHTML = model.html; };
  el.tabIndex = 0; // what overflows is scrolled by keys
  if (model.label) Object.assign(el, {role: "region", ariaLabel: model.label});
  model.on("html", show);
  show();
}
