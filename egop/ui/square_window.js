// A square window in a frame of any shape: equal scales on both axes, the square in the middle.

/** @typedef {[x: number, y: number, half: number]} Square: its middle and half its side */

/**
 * Sets the ranges of a figure; returns the ratio of its frame's sides, 0 while it has none.
 * @param {BokehModel} figure
 * @param {Square} square
 */
export function fitSquare(figure, [x, y, half]) {
  const {inner_width, inner_height} = figure.properties;
  if (inner_width.is_unset || inner_height.is_unset) return 0; // Bokeh throws when these are read
  const {inner_width: width, inner_height: height} = figure;
  if (!(width > 0 && height > 0)) return 0;
  figure.x_range.setv(ends(x, half * Math.max(1, width / height)));
  figure.y_range.setv(ends(y, half * Math.max(1, height / width)));
  return Math.max(width / height, height / width);
}

/**
 * Returns the ends of a range, and those to which the reset tool returns.
 * @param {number} middle
 * @param {number} reach
 */
function ends(middle, reach) {
  const [start, end] = [middle - reach, middle + reach];
  return {start, end, reset_start: start, reset_end: end};
}
