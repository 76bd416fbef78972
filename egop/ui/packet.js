// Reads what egop/ui/packing.py packs, and computes the columns that a source has at a step.

/** @typedef {{at: number, size: number}} Place of numbers in a packet */
/** @typedef {(place: Place) => Float32Array} View that returns the numbers of a place */
/** @typedef {Record<string, any>} Columns of a source by name */
/** @typedef {Record<string, any> & {kind: string, sum: number}} Entry that describes a source */
/** @typedef {(step: number) => Columns | null} Mover that returns null where nothing changes */

/**
 * Returns a packet's header and the view of its numbers.
 * @param {Uint8Array} bytes
 * @returns {{header: Record<string, any>, view: View}}
 */
export function readPacket(bytes) {
  const copy = bytes.slice(); // aligned to its own buffer
  const [length] = new Uint32Array(copy.buffer, 0, 1);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(copy.buffer, 4, length)));
  const numbers = new Float32Array(copy.buffer, 4 + length);
  return {header, view: ({at, size}) => numbers.slice(at, at + size)};
}

/**
 * Returns the columns that stay while playing.
 * @param {Entry} entry
 * @param {View} view
 */
export function columnsOf(entry, view) {
  /** @type {Columns} */
  const columns = {};
  for (const [name, column] of Object.entries(entry.columns ?? {}))
    columns[name] = Array.isArray(column) ? column : view(column);
  return columns;
}

/**
 * Returns what computes the columns of a moving source at a step.
 * @param {Entry} entry
 * @param {View} view
 * @param {() => number} lastStep
 * @returns {Mover}
 */
export function moverOf(entry, view, lastStep) {
  const columns = columnsOf(entry, view);
  if (entry.kind === "frames") return frames(entry, columns, view, lastStep);
  if (entry.kind === "appearing") return appearing(entry, columns, view);
  const arrays = listsOf(entry.lines ?? entry.moving, view);
  if (entry.kind === "heads")
    return (step) => extended(columns, arrays, (a) => a[Math.min(step, a.length - 1)]);
  return (step) => extended(columns, arrays, (a) => firstPart(a, step + 1));
}

/**
 * Returns the columns together with some that a function makes of each array.
 * @param {Columns} columns
 * @param {[string, Float32Array[]][]} arrays
 * @param {(array: Float32Array) => unknown} make
 */
function extended(columns, arrays, make) {
  return {...columns, ...Object.fromEntries(arrays.map(([name, list]) => [name, list.map(make)]))};
}

/**
 * @param {Record<string, Place[]>} places
 * @param {View} view
 * @returns {[string, Float32Array[]][]}
 */
function listsOf(places, view) {
  return Object.entries(places).map(([name, list]) => [name, list.map(view)]);
}

/**
 * Returns the beginning of an array. Bokeh keeps the full length of a subarray, so a shorter column
 * is a view of its own.
 * @param {Float32Array} array
 * @param {number} n
 */
export function firstPart(array, n) {
  const length = Math.min(n, array.length);
  return new Float32Array(/** @type {ArrayBuffer} */ (array.buffer), array.byteOffset, length);
}

/**
 * Rows that are shown from their step on; `steps` ascends.
 * @param {Entry} entry
 * @param {Columns} columns
 * @param {View} view
 * @returns {Mover}
 */
function appearing(entry, columns, view) {
  const steps = view(entry.steps), lines = view(entry.lines);
  for (const [name, values] of Object.entries(entry.of_lines))
    columns[name] = Array.from(lines, (line) => values[line]);
  let drawn = -1;
  return (step) => {
    const count = lastAt(steps, step) + 1;
    if (count === drawn) return null;
    drawn = count;
    return Object.fromEntries(Object.entries(columns).map(([name, column]) =>
      [name, Array.isArray(column) ? column.slice(0, count) : firstPart(column, count)]));
  };
}

/**
 * Columns and lines of which each step shows a frame of its own; there may be fewer than steps.
 * @param {Entry} entry
 * @param {Columns} columns
 * @param {View} view
 * @param {() => number} lastStep
 * @returns {Mover}
 */
function frames(entry, columns, view, lastStep) {
  /** @type {Record<string, Float32Array>} */
  const flat = Object.fromEntries(Object.entries(entry.flat).map(([name, at]) => [name, view(at)]));
  const lines = listsOf(entry.lines, view), count = entry.n_frames;
  let drawn = -1;
  return (step) => {
    const share = Math.min(step, lastStep()) / Math.max(1, lastStep());
    const frame = Math.round(share * (count - 1));
    if (frame === drawn) return null;
    drawn = frame;
    /** @param {Float32Array} a */
    const part = (a) => a.slice((frame * a.length) / count, ((frame + 1) * a.length) / count);
    const parts = Object.fromEntries(Object.entries(flat).map(([name, a]) => [name, part(a)]));
    return {...extended(columns, lines, part), ...parts};
  };
}

/**
 * Returns the last index of an ascending array whose entry is at most the value, −1 without one.
 * @param {ArrayLike<number>} array
 * @param {number} value
 */
export function lastAt(array, value) {
  let low = 0, high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Returns the image or the lines of another source in the coordinates z = Vᵀx.
 * @param {Entry} entry with V row by row as [a, b, c, d]
 * @param {Columns} data
 * @returns {Columns}
 */
export function turned(entry, data) {
  return data.image ? turnImage(entry, data) : turnLines(entry, data);
}

/**
 * @param {Entry} entry
 * @param {Columns} lines
 */
function turnLines({rotation: [a, b, c, d]}, lines) {
  /** @type {Float32Array[]} */
  const xs = [], ys = [];
  for (let line = 0; line < lines.xs.length; line++) {
    const x = lines.xs[line], y = lines.ys[line];
    const u = new Float32Array(x.length), v = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) {
      u[i] = a * x[i] + c * y[i];
      v[i] = b * x[i] + d * y[i];
    }
    xs.push(u);
    ys.push(v);
  }
  return {xs, ys};
}

/**
 * A square image seen along the axes of V: the pixel at z shows the value at x = Vz.
 * @param {Entry} entry
 * @param {Columns} square
 */
function turnImage(entry, {image: [raster], x: [x0], y: [y0], dw: [side]}) {
  const {rotation: [a, b, c, d], center, half, pixels, hatch: [hatched, period, thick]} = entry;
  const [n] = raster.shape, scale = n / side, unit = (2 * half) / pixels;
  const left = a * center[0] + c * center[1] - half, bottom = b * center[0] + d * center[1] - half;
  const image = new raster.constructor(pixels * pixels, [pixels, pixels]);
  for (let row = 0; row < pixels; row++) {
    const v = bottom + unit * (row + 0.5);
    for (let column = 0; column < pixels; column++) {
      const u = left + unit * (column + 0.5);
      const i = Math.min(n - 1, Math.max(0, Math.floor((a * u + b * v - x0) * scale)));
      const j = Math.min(n - 1, Math.max(0, Math.floor((c * u + d * v - y0) * scale)));
      const value = raster[j * n + i];
      // drawn anew, or the stripes would fray
      const stripes = hatched + Number((row + column) % period < thick);
      image[row * pixels + column] = value < hatched ? value : stripes;
    }
  }
  return {image: [image], x: [left], y: [bottom], dw: [2 * half], dh: [2 * half]};
}
