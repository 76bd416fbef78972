// The page's clock: reads the packet, hands every source its columns, and moves what moves.
// Python is told the step only when playing ends; nothing else is ever sent while it plays.

const SECONDS_FOR_ALL = 8;
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const ICONS = {
  start: "M6 5h2v14H6zM20 5v14L9 12z",
  back: "M13 5v14L3 12zM21 5v14l-10-7z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  forward: "M3 5v14l10-7zM11 5v14l10-7z",
  end: "M16 5h2v14h-2zM4 5v14l11-7z",
};

function icon(name) {
  return `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`;
}

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
  const [a, b, c, d] = entry.rotation, {center, half, pixels} = entry;
  const n = raster.shape[0], scale = n / side, unit = (2 * half) / pixels;
  const left = a * center[0] + c * center[1] - half, bottom = b * center[0] + d * center[1] - half;
  const turned = new raster.constructor(pixels * pixels, [pixels, pixels]);
  for (let row = 0; row < pixels; row++) {
    const v = bottom + unit * (row + 0.5);
    for (let column = 0; column < pixels; column++) {
      const u = left + unit * (column + 0.5);
      const i = Math.min(n - 1, Math.max(0, Math.floor((a * u + b * v - x0) * scale)));
      const j = Math.min(n - 1, Math.max(0, Math.floor((c * u + d * v - y0) * scale)));
      turned[row * pixels + column] = raster[j * n + i];
    }
  }
  return {image: [turned], x: [left], y: [bottom], dw: [2 * half], dh: [2 * half]};
}

class Page {
  constructor(prefix) {
    this.prefix = prefix;
    this.models = new Map();
    this.moving = new Map();
    this.windows = new Map();
    this.shown = new Map();
    this.n_steps = 0;
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
    this.header = header;
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
    figure.x_range.setv(ends(x, across));
    figure.y_range.setv(ends(y, up));
  }

  turn(entry) {
    const {data} = this.find(entry.of);
    return data.image ? turnImage(entry, data) : turnLines(entry, data);
  }

  mover(source, entry, view) {
    const columns = columnsOf(entry, view);
    if (entry.kind === "frames") return this.framer(source, entry, columns, view);
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

  draw(step) {
    for (const move of this.moving.values()) move(step);
  }
}

export function render({model, el}) {
  const page = new Page(model.prefix);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let step = 0, playing = false, speed = 2, last = null, exact = 0, bound = null, first = true;

  const bar = document.createElement("div");
  bar.className = "bar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Playback");
  const button = (name, label, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.innerHTML = icon(name);
    made.title = made.ariaLabel = label;
    made.addEventListener("click", action);
    bar.append(made);
    return made;
  };
  button("start", "Reset to the start", () => { stop(); show(0); tell(); });
  button("back", "Step back", () => move(-1));
  const toggle = button("play", "Play", () => (playing ? pause() : play()));
  toggle.classList.add("main");
  button("forward", "Step forward", () => move(1));
  button("end", "Go to the end", () => { stop(); show(page.n_steps); tell(); });
  const scrub = document.createElement("input");
  Object.assign(scrub, {type: "range", min: 0, value: 0, step: 1});
  scrub.ariaLabel = "Step";
  scrub.addEventListener("input", () => { stop(); show(Number(scrub.value)); });
  scrub.addEventListener("change", tell);
  const text = document.createElement("output");
  const rate = document.createElement("button");
  rate.type = "button";
  rate.className = "speed";
  rate.addEventListener("click", () => setSpeed((speed + 1) % SPEEDS.length));
  const spoken = document.createElement("div");
  spoken.className = "spoken";
  spoken.setAttribute("aria-live", "polite");
  bar.append(scrub, text, rate, spoken);
  el.append(bar);
  setSpeed(2);

  function setSpeed(index) {
    speed = index;
    rate.textContent = `${SPEEDS[index]}×`;
    rate.title = rate.ariaLabel = `Speed ${SPEEDS[index]}×`;
  }

  function unit() {
    return page.header?.unit ?? "step";
  }

  function named(word) {
    return word[0].toUpperCase() + word.slice(1);
  }

  function show(k) {
    step = Math.max(0, Math.min(page.n_steps, Math.round(k)));
    exact = step;
    page.draw(step);
    scrub.value = step;
    text.textContent = `${unit()} ${step} / ${page.n_steps}`;
    bar.dataset.step = step;
  }

  function tell() {
    model.step = step;
    const words = page.header?.words ?? "";
    spoken.textContent = `${named(unit())} ${step} of ${page.n_steps}. ${words}`;
  }

  function setToggle() {
    toggle.innerHTML = icon(playing ? "pause" : "play");
    toggle.title = toggle.ariaLabel = playing ? "Pause" : "Play";
    bar.dataset.playing = playing;
  }

  function stop() {
    playing = false;
    last = null;
    setToggle();
  }

  function pause() {
    stop();
    tell();
  }

  function play() {
    if (step >= page.n_steps) show(0);
    playing = true;
    last = null;
    setToggle();
    requestAnimationFrame(tick);
  }

  function tick(now) {
    if (!playing || !el.isConnected) return;
    if (last != null && !document.hidden) {
      const elapsed = Math.min(now - last, 100) / 1000;
      const next = exact + (elapsed * SPEEDS[speed] * page.n_steps) / SECONDS_FOR_ALL;
      if (Math.floor(next) !== step) show(Math.floor(next));
      exact = Math.min(next, page.n_steps);
    }
    last = now;
    if (step >= page.n_steps) pause();
    else requestAnimationFrame(tick);
  }

  // The page's cover goes when nothing is left to draw: playing below it would keep it there, and
  // a page that is still being built misses what the server tells it.
  function onceShown(action, tries = 0) {
    const cover = document.getElementById("loader");
    const covered = cover != null && getComputedStyle(cover).display !== "none";
    if (covered && tries < 200) setTimeout(() => onceShown(action, tries + 1), 50);
    else action();
  }

  function move(by) {
    stop();
    show(step + by);
    tell();
  }

  function onKey(event) {
    if (!bar.getClientRects().length) return; // in a part of the page that is not shown
    const path = event.composedPath();
    const tag = path[0]?.tagName;
    const typing = tag === "TEXTAREA" || path[0]?.isContentEditable || (tag === "INPUT" && path[0].type !== "range");
    const choosing = path.some((node) => ["listbox", "menu", "slider", "tablist", "combobox"].includes(node.role ?? node.getAttribute?.("role")));
    const scrolling = path.some((node) => node.classList?.contains("scroll"));
    if (typing || choosing || scrolling || event.ctrlKey || event.metaKey || event.altKey) return;
    if (tag === "INPUT" && path[0] !== scrub) return;
    const speeds = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4};
    const actions = {
      " ": () => (playing ? pause() : play()),
      ArrowRight: () => move(event.shiftKey ? 10 : 1),
      ArrowLeft: () => move(event.shiftKey ? -10 : -1),
      Home: () => { stop(); show(0); tell(); },
      End: () => { stop(); show(page.n_steps); tell(); },
    };
    if (event.key === " " && tag === "BUTTON" && path[0] !== toggle) return;
    if (event.key in actions) actions[event.key]();
    else if (event.key in speeds) setSpeed(speeds[event.key]);
    else return;
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);

  function receive() {
    const bytes = bound.data.packet;
    if (!bytes?.length) return;
    const atEnd = step >= page.n_steps;
    const before = page.n_steps;
    page.load(bytes);
    scrub.max = page.n_steps;
    scrub.ariaLabel = named(unit());
    if (first) {
      first = false;
      const opensAtEnd = page.header.opens === "end";
      show(still || opensAtEnd ? page.n_steps : 0);
      if (opensAtEnd) model.step = step;
      if (model.autoplay && !still) onceShown(() => { if (step === 0 && !playing) play(); });
    } else if (!playing) show(atEnd || step > page.n_steps ? page.n_steps : before ? step : 0);
    else show(Math.min(step, page.n_steps));
    bar.dataset.loads = Number(bar.dataset.loads ?? 0) + 1;
    const {number} = page.header; // told after the painting, so that no change waits behind another
    requestAnimationFrame(() => setTimeout(() => { if (page.header.number === number) model.drawn = number; }));
  }

  // The sources belong to figures that may be built after this bar.
  function bind() {
    if (!el.isConnected && bound) return;
    bound = page.find("packet");
    if (bound == null) return setTimeout(bind, 30);
    bound.properties.data.change.connect(receive);
    receive();
  }
  bind();
  setToggle();
  onceShown(() => {
    if (window.innerWidth < 900) model.narrow = true;
    if (window.matchMedia("(prefers-color-scheme: dark)").matches) model.dark = true;
  });
  return () => document.removeEventListener("keydown", onKey);
}
