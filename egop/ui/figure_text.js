// The text of a figure for screen readers, on the element of Bokeh's canvas.

/**
 * Describes a figure by its name and titles, and by what it shows at present.
 * @param {BokehModel} figure
 * @param {string[]} tags
 */
export function describeFigure(figure, [name = "", words = ""]) {
  /** @type {HTMLElement | undefined} */
  const area = window.Bokeh?.index.find_one(figure)?.canvas_view?.events_el;
  if (area == null) return;
  area.role = "img";
  area.tabIndex = -1; // there is nothing that keys could do in it
  area.ariaLabel = nameOf(figure, name);
  area.setAttribute("aria-description", words);
}

/**
 * Returns a figure's name, followed by its titles.
 * @param {{above: {type: string, text?: string}[]}} figure
 * @param {string} name
 */
export function nameOf({above}, name) {
  const titles = above.filter((each) => each.type === "Title").map((each) => each.text);
  return [name, ...titles].filter(Boolean).join(": ");
}
