// The eigenvector under the pointer, thick in both figures; nothing is asked of the server.

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const LENGTH = 0.21; // of an eigenvector, as a part of the figure's shorter side
const WIDTHS = [2.5, 2.5, 7];

/** @typedef {Record<string, any>} Columns */

/**
 * Draws what is under the pointer.
 * @param {{prefix: string, spectrum: BokehModel, curve: BokehModel}} models
 * @param {{event_name: string, x: number, origin: {document: BokehDocument}}} event
 */
export function highlight({prefix, spectrum, curve}, event) {
  const {data} = spectrum.data.k.length ? spectrum : curve;
  const inside = event.event_name !== "mouseleave" && data.k.length > 0;
  const chosen = inside ? Math.round(event.x) - 1 : -1;
  for (const side of ["left", "right"]) {
    const find = (/** @type {string} */ part) =>
      event.origin.document.get_model_by_name(`${prefix}:${side}${part}`);
    const frame = find(""), axes = find("-axes"), names = find("-axis-names");
    if (frame == null || axes == null || names == null || !axes.data.xs.length) continue;
    const {x_range, y_range} = frame;
    const reach = LENGTH * Math.min(x_range.end - x_range.start, y_range.end - y_range.start);
    const drawn = highlighted(axes.data, names.data, eigenvector(data, side, chosen), reach);
    const isShown = axes.data.label[2] === drawn.axes.label[2]
      && axes.data.width.length === drawn.axes.width.length;
    if (isShown) continue;
    axes.data = drawn.axes;
    names.data = drawn.names;
  }
}

/**
 * Returns the eigenvector of a number, null where there is none.
 * @param {Columns} data
 * @param {string} side
 * @param {number} index from 0
 */
function eigenvector(data, side, index) {
  if (!(index >= 0 && index < data.k.length)) return null;
  return {
    number: index + 1, color: data.color[index],
    x: data[`${side}_x`][index], y: data[`${side}_y`][index],
  };
}

/**
 * Returns the columns of the two axes, of a highlighted eigenvector as a third line, and of names.
 * @param {Columns} axes
 * @param {Columns} names
 * @param {{number: number, color: string, x: number, y: number} | null} vector
 * @param {number} reach the length of an eigenvector in the figure
 */
export function highlighted(axes, names, vector, reach) {
  const two = (/** @type {Iterable<any>} */ column) => Array.from(column).slice(0, 2);
  const [xs, ys, color, label] = [axes.xs, axes.ys, axes.color, axes.label].map(two);
  const [x, y, text] = [names.x, names.y, names.text].map(two);
  if (vector != null) {
    const [x0, y0] = [xs[0][0], ys[0][0]];
    const [dx, dy] = [vector.x * reach, vector.y * reach];
    xs.push(new Float32Array([x0 - dx, x0 + dx]));
    ys.push(new Float32Array([y0 - dy, y0 + dy]));
    color.push(vector.color);
    label.push(`v${vector.number}`);
    const name = `v${String(vector.number).replace(/\d/g, (digit) => SUBSCRIPTS[Number(digit)])}`;
    if (!text.includes(name)) {
      text.push(name);
      x.push(x0 + dx);
      y.push(y0 + dy);
    }
  }
  return {
    axes: {xs, ys, color, label, width: WIDTHS.slice(0, xs.length)},
    names: {x, y, text, color: text.map((_, k) => color[k])},
  };
}
