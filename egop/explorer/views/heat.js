// The cell of a heat map that is under the pointer.

/**
 * Returns the words of a cell, of its row and of its column.
 * @param {Record<string, any[]>} data of the map
 * @param {{x: number, y: number}} pointer
 */
export function cellAt({image, x, y, dw, dh, rows, columns, words}, pointer) {
  const [n, m] = image[0].shape;
  const row = placeOf((pointer.y - y[0]) / dh[0], n), column = placeOf((pointer.x - x[0]) / dw[0], m);
  return {row: rows[0][row], column: columns[0][column], words: words[0][row * m + column]};
}

/**
 * Returns the place of a share from 0 to 1 among some cells.
 * @param {number} share
 * @param {number} count
 */
function placeOf(share, count) {
  return Math.max(0, Math.min(count - 1, Math.floor(share * count)));
}
