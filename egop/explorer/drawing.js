// Reads packets and hands every source of the page its columns: whole, up to a step, or turned.

const SETTLED = 400; // milliseconds without another size, until a figure counts as laid out

function readPacket(bytes) {
  const copy = bytes.slice(); // aligned to its own buffer
  const length = new Uint32Array(copy.buffer, 0, 1)[0];
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(copy.buffer, 4, length)));
  const numbers = new Float32Array(copy.buffer, 4 + length);
  const view = ({at, size}) => numbers.slice(at, at + size);
  return {header, view};
}

// Bokeh keeps the full length of a subarray, so a shorter column is a view of its own.
function firstPart(array, n) {
  return new Float32Array(array.buffer, array.byteOffset, Math.min(n, array.length));
}

function columnsOf(entry, view) {
  const columns = {};
  for (const [name, column] of Object.entries(entry.columns ?? {}))
    columns[name] = Array.isArray(column) ? column : view(column);
  return columns;
}

// Bokeh paints the level "overlay" on a canvas of its own, so what moves there leaves the landscape
// and the axes below as they are; it clips such glyphs to the frame only where a view asks for it.
let clipped = false;
function clipOverlays() {
  if (clipped) return;
  const view = window.Bokeh.index.query_one((view) => view.model.type === "GlyphRenderer");
  if (view == null) return;
  Object.defineProperty(Object.getPrototypeOf(view), "needs_clip", {get: () => true});
  clipped = true;
}

// Lines in the coordinates z = Vᵀx; V row by row as [a, b, c, d].
function turnLines(entry, lines) {
  const [a, b, c, d] = entry.rotation;
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

// A square image seen along the axes of V: the pixel at z shows the value at x = Vz.
function turnImage(entry, {image, x, y, dw}) {
  const [raster] = image, [x0] = x, [y0] = y, [side] = dw;
  const [a, b, c, d] = entry.rotation, {center, half, pixels, hatch: [hatched, period, thick]} = entry;
  const n = raster.shape[0], scale = n / side, unit = (2 * half) / pixels;
  const left = a * center[0] + c * center[1] - half, bottom = b * center[0] + d * center[1] - half;
  const turned = new raster.constructor(pixels * pixels, [pixels, pixels]);
  for (let row = 0; row < pixels; row++) {
    const v = bottom + unit * (row + 0.5);
    for (let column = 0; column < pixels; column++) {
      const u = left + unit * (column + 0.5);
      const i = Math.min(n - 1, Math.max(0, Math.floor((a * u + b * v - x0) * scale)));
      const j = Math.min(n - 1, Math.max(0, Math.floor((c * u + d * v - y0) * scale)));
      const value = raster[j * n + i];
      const stripes = hatched + ((row + column) % period < thick); // drawn anew, or they would fray
      turned[row * pixels + column] = value < hatched ? value : stripes;
    }
  }
  return {image: [turned], x: [left], y: [bottom], dw: [2 * half], dh: [2 * half]};
}

// Rows that are shown from their step on; `steps` ascends.
function appearer(source, entry, columns, view) {
  const steps = view(entry.steps), lines = view(entry.lines);
  for (const [name, values] of Object.entries(entry.of_lines))
    columns[name] = Array.from(lines, (line) => values[line]);
  let drawn = -1;
  return (step) => {
    const count = lastAt(steps, step) + 1;
    if (count === drawn) return;
    drawn = count;
    source.data = Object.fromEntries(Object.entries(columns).map(([name, column]) =>
      [name, Array.isArray(column) ? column.slice(0, count) : firstPart(column, count)]));
  };
}

// The last index of an ascending array whose entry is at most the value, −1 where there is none.
function lastAt(array, value) {
  let low = 0, high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

class Page {
  // onWide is told the ratio of the widest figure's sides.
  constructor(prefix, onWide) {
    this.prefix = prefix;
    this.onWide = onWide;
    this.ratios = new Map();
    this.models = new Map();
    this.moving = new Map();
    this.windows = new Map();
    this.shown = new Map();
    this.n_steps = 0;
    this.clock = null;
  }

  find(name) {
    if (this.models.has(name)) return this.models.get(name);
    for (const document of window.Bokeh?.documents ?? []) {
      const model = document.get_model_by_name(`${this.prefix}:${name}`);
      if (model != null) {
        this.models.set(name, model);
        return model;
      }
    }
    return null;
  }

  // What did not change since the last packet is left alone: Bokeh would compare it number by number.
  load(bytes) {
    const {header, view} = readPacket(bytes);
    this.header = {...this.header, ...header}; // a part of the page may send its own sources alone
    if (header.clock || header.n_steps !== this.n_steps) this.clock = header.clock && view(header.clock);
    this.n_steps = header.n_steps;
    clipOverlays();
    for (const [name, entry] of Object.entries(header.sources)) {
      const source = this.find(name);
      if (source == null || this.isShown(name, source, entry)) continue;
      this.moving.delete(name);
      if (entry.kind === "fixed") source.data = columnsOf(entry, view);
      else if (entry.kind === "lines") this.mover(source, entry, view)(Infinity);
      else if (entry.kind === "turned") source.data = this.turn(entry);
      else this.moving.set(name, this.mover(source, entry, view));
    }
    for (const [name, window] of Object.entries(header.windows ?? {})) this.frame(name, window);
  }

  isShown(name, source, entry) {
    const of = entry.of && this.find(entry.of).data, shown = this.shown.get(name);
    this.shown.set(name, {source, sum: entry.sum, of});
    return shown != null && shown.source === source && shown.sum === entry.sum && shown.of === of;
  }

  // A square window in a frame of any shape: equal scales on both axes, the square in the middle.
  frame(name, window) {
    const figure = this.find(name);
    if (figure == null) return;
    const known = this.windows.get(name);
    this.windows.set(name, window);
    if (known == null) {
      const refit = () => this.fit(figure, this.windows.get(name));
      figure.properties.inner_width.change.connect(refit);
      figure.properties.inner_height.change.connect(refit);
    }
    if (known == null || known.some((value, i) => value !== window[i])) this.fit(figure, window);
  }

  fit(figure, [x, y, half]) {
    const {inner_width, inner_height} = figure.properties;
    if (inner_width.is_unset || inner_height.is_unset) return; // Bokeh throws when these are read
    const {inner_width: width, inner_height: height} = figure;
    if (!(width > 0 && height > 0)) return;
    const across = half * Math.max(1, width / height), up = half * Math.max(1, height / width);
    const ends = (middle, reach) => ({
      start: middle - reach, end: middle + reach, reset_start: middle - reach, reset_end: middle + reach,
    });
    this.measure(figure, Math.max(width / height, height / width));
    figure.x_range.setv(ends(x, across));
    figure.y_range.setv(ends(y, up));
  }

  // How wide the widest figure is, told when the layout has come to rest.
  measure(figure, ratio) {
    this.ratios.set(figure, ratio);
    clearTimeout(this.measured);
    this.measured = setTimeout(() => this.onWide(Math.max(...this.ratios.values())), SETTLED);
  }

  turn(entry) {
    const {data} = this.find(entry.of);
    return data.image ? turnImage(entry, data) : turnLines(entry, data);
  }

  mover(source, entry, view) {
    const columns = columnsOf(entry, view);
    if (entry.kind === "frames") return this.framer(source, entry, columns, view);
    if (entry.kind === "appearing") return appearer(source, entry, columns, view);
    const arrays = Object.entries(entry.lines ?? entry.moving).map(([key, list]) => [key, list.map(view)]);
    const grows = entry.kind !== "heads";
    return (step) => {
      const data = {...columns};
      for (const [key, list] of arrays)
        data[key] = list.map((a) => (grows ? firstPart(a, step + 1) : a[Math.min(step, a.length - 1)]));
      source.data = data;
    };
  }

  // Columns and lines of which each step shows a frame of their own; there may be fewer than steps.
  framer(source, entry, columns, view) {
    const flat = Object.entries(entry.flat).map(([key, place]) => [key, view(place)]);
    const lines = Object.entries(entry.lines).map(([key, list]) => [key, list.map(view)]);
    const count = entry.n_frames, part = (a, k) => a.slice((k * a.length) / count, ((k + 1) * a.length) / count);
    let drawn = -1;
    return (step) => {
      const share = Math.min(step, this.n_steps) / Math.max(1, this.n_steps);
      const frame = Math.round(share * (count - 1));
      if (frame === drawn) return;
      drawn = frame;
      const data = {...columns};
      for (const [key, a] of flat) data[key] = part(a, frame);
      for (const [key, list] of lines) data[key] = list.map((a) => part(a, frame));
      source.data = data;
    };
  }

  // When a step is reached, and the step that is reached at a time, both from 0 to 1.
  timeOf(step) {
    const known = Math.min(step, this.n_steps);
    return this.clock ? this.clock[known] : known / Math.max(1, this.n_steps);
  }

  stepAt(time) {
    return this.clock ? lastAt(this.clock, time) : Math.floor(time * this.n_steps);
  }

  draw(step) {
    for (const move of this.moving.values()) move(step);
  }
}
