// The surface of f as a height field, painted from back to front on a canvas of its own. The
// surface is repainted when it turns; while playing only the paths are drawn over its picture.

const HEIGHT = 0.8; // of the surface, where its base is two wide
const LEVELS = 14;
const HOME = {azimuth: -32, elevation: 36};
const TURN = {azimuth: [-180, 180], elevation: [8, 88]};

const CORNERS = {
  square: [1 / 8, 3 / 8, 5 / 8, 7 / 8],
  diamond: [0, 1 / 4, 1 / 2, 3 / 4],
  triangle: [0, 1 / 3, 2 / 3],
  hex: [0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6],
};

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// Orthographic: across the screen, up the screen; (u, v) from −1 to 1, w from 0 to 1.
class Camera {
  constructor({azimuth, elevation}) {
    const a = (azimuth * Math.PI) / 180, e = (elevation * Math.PI) / 180;
    [this.ca, this.sa, this.ce, this.se] = [Math.cos(a), Math.sin(a), Math.cos(e), Math.sin(e)];
    [this.scale, this.x, this.y] = [1, 0, 0];
  }

  // Fills the canvas with the points, with room for the names below and at the sides.
  fit(points, width, height) {
    const seen = points.map((point) => this.see(...point));
    const [xs, ys] = [0, 1].map((axis) => seen.map((p) => p[axis]));
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    this.scale = Math.min((width - 110) / (right - left), (height - 36) / (bottom - top));
    this.x = width / 2 - (this.scale * (left + right)) / 2;
    this.y = 12 - this.scale * top;
    return this;
  }

  see(u, v, w) {
    const across = u * this.ca - v * this.sa, away = u * this.sa + v * this.ca;
    const up = away * this.se + (w - 0.5) * HEIGHT * this.ce;
    return [this.x + this.scale * across, this.y - this.scale * up];
  }
}

class Mesh {
  constructor({heights, names, ends, marks}) {
    Object.assign(this, {heights, names, ends, marks});
    this.n = Math.round(Math.sqrt(heights.length));
  }

  // The surface's points and the corners of its base.
  get points() {
    const unit = 2 / (this.n - 1);
    const all = Array.from(this.heights, (h, k) =>
      [-1 + unit * (k % this.n), -1 + unit * Math.floor(k / this.n), h]);
    for (const u of [-1, 1]) for (const v of [-1, 1]) all.push([u, v, 0]);
    return all.filter(([, , height]) => !Number.isNaN(height));
  }

  at(i, j) {
    return this.heights[j * this.n + i];
  }

  height(u, v) {
    const last = this.n - 1;
    const x = Math.min(Math.max(((u + 1) / 2) * last, 0), last - 1e-6), i = Math.floor(x);
    const y = Math.min(Math.max(((v + 1) / 2) * last, 0), last - 1e-6), j = Math.floor(y);
    const [s, t] = [x - i, y - j];
    return (this.at(i, j) * (1 - s) + this.at(i + 1, j) * s) * (1 - t)
      + (this.at(i, j + 1) * (1 - s) + this.at(i + 1, j + 1) * s) * t;
  }

  // Whether the surface stands between the point and the eye.
  hides(camera, u, v, w) {
    const {ca, sa, ce, se} = camera, step = 0.06;
    for (let t = step; t < 3; t += step) {
      const [x, y, z] = [u - t * ce * sa, v - t * ce * ca, w + (t * se) / HEIGHT];
      if (z > 1 || Math.abs(x) > 1 || Math.abs(y) > 1) return false;
      if (this.height(x, y) > z + 0.03) return true;
    }
    return false;
  }

  paint(context, camera, colors) {
    const {n} = this, last = n - 1, unit = 2 / last;
    const [low, high] = colors.landscape.map(channels);
    const order = (forward) => Array.from({length: last}, (_, k) => (forward ? k : last - 1 - k));
    const is = order(camera.sa < 0), js = order(camera.ca < 0);
    const seen = Array.from({length: n * n}, (_, k) =>
      camera.see(-1 + unit * (k % n), -1 + unit * Math.floor(k / n), this.heights[k]));
    context.lineJoin = "round";
    for (const j of js) {
      for (const i of is) {
        const corners = [j * n + i, j * n + i + 1, (j + 1) * n + i + 1, (j + 1) * n + i];
        const h = corners.map((k) => this.heights[k]);
        if (h.some(Number.isNaN)) continue; // a hole: f is not defined there
        const [dx, dy] = [(h[1] + h[2] - h[0] - h[3]) / 2, (h[2] + h[3] - h[0] - h[1]) / 2];
        const slope = [(-dx / unit) * HEIGHT, (-dy / unit) * HEIGHT];
        const light = (0.35 * slope[0] + 0.5 * slope[1] + 0.9) / Math.hypot(slope[0], slope[1], 1);
        const mean = (h[0] + h[1] + h[2] + h[3]) / 4, shade = 0.74 + 0.28 * Math.min(Math.max(light, 0), 1);
        const tint = low.map((c, k) => Math.round(Math.min(255, (c + mean * (high[k] - c)) * shade)));
        context.fillStyle = context.strokeStyle = `rgb(${tint})`;
        context.lineWidth = 0.8;
        context.beginPath();
        for (const k of corners) context.lineTo(...seen[k]);
        context.closePath();
        context.fill();
        context.stroke();
      }
    }
    context.strokeStyle = colors.contour;
    context.lineWidth = 1;
    context.beginPath();
    for (const j of js) for (const i of is) this.line(context, camera, i, j);
    context.stroke();
  }

  // The iso-lines within one cell, where the surface does not hide them.
  line(context, camera, i, j) {
    const unit = 2 / (this.n - 1);
    const h = [this.at(i, j), this.at(i + 1, j), this.at(i + 1, j + 1), this.at(i, j + 1)];
    if (h.some(Number.isNaN)) return;
    const from = Math.floor(Math.min(...h) * (LEVELS + 1)) + 1, to = Math.max(...h) * (LEVELS + 1);
    if (from > to) return;
    const ring = [[0, 0], [1, 0], [1, 1], [0, 1]];
    for (let k = from; k <= to; k++) {
      const level = k / (LEVELS + 1), crossings = [];
      for (let edge = 0; edge < 4; edge++) {
        const next = (edge + 1) % 4, [a, b] = [h[edge], h[next]];
        if (a < level === b < level) continue;
        const t = (level - a) / (b - a), [p, q] = [ring[edge], ring[next]];
        const s = [0, 1].map((axis) => p[axis] + t * (q[axis] - p[axis]));
        crossings.push([-1 + unit * (i + s[0]), -1 + unit * (j + s[1]), level]);
      }
      for (let c = 0; c + 1 < crossings.length; c += 2) {
        if (this.hides(camera, ...crossings[c])) continue;
        context.moveTo(...camera.see(...crossings[c]));
        context.lineTo(...camera.see(...crossings[c + 1]));
      }
    }
  }

  // The square that the surface stands on; `near` draws the two edges before it, with their names.
  base(context, camera, colors, near) {
    const corner = [Math.sign(camera.sa) || 1, Math.sign(camera.ca) || 1];
    context.strokeStyle = near ? colors.muted : colors.border;
    context.fillStyle = colors.text;
    context.font = "12px system-ui, sans-serif";
    context.lineWidth = 1;
    for (const axis of [0, 1]) {
      const at = near ? -corner[1 - axis] : corner[1 - axis];
      const point = (along, out = 1) => camera.see(...(axis === 0 ? [along, at * out] : [at * out, along]), 0);
      context.beginPath();
      context.moveTo(...point(-1));
      context.lineTo(...point(1));
      context.stroke();
      if (!near) continue;
      const [mx, my] = point(0, 1.0), side = mx < camera.x ? -1 : 1;
      const label = (text, [x, y]) => {
        context.textAlign = side < 0 ? "right" : "left";
        context.textBaseline = "top";
        context.fillText(text, x + side * 5, y + 2);
      };
      label(this.names[axis], [mx, my]);
      label(this.ends[axis][0], point(-0.9));
      label(this.ends[axis][1], point(0.9));
    }
  }
}

// One path; which of its points the surface hides is found once for each view.
class PathOnSurface {
  constructor(path) {
    Object.assign(this, path, {hidden: [], screen: []});
  }

  extend(mesh, camera, {xs, ys, zs}) {
    for (let i = this.screen.length; i < xs.length; i++) {
      const known = Number.isFinite(xs[i] + ys[i] + zs[i]);
      this.screen.push(known ? camera.see(xs[i], ys[i], zs[i]) : null);
      this.hidden.push(known && mesh.hides(camera, xs[i], ys[i], zs[i]));
    }
    this.length = xs.length;
  }

  stroke(context, hidden) {
    context.setLineDash(this.dash);
    context.strokeStyle = this.color;
    context.lineWidth = 2.2;
    context.lineJoin = context.lineCap = "round";
    if (this.dash.length) context.lineCap = "butt";
    context.globalAlpha = hidden ? 0.3 : 1;
    let travelled = 0, open = false;
    const finish = () => {
      if (open) context.stroke();
      open = false;
    };
    for (let i = 1; i < this.length; i++) {
      const [p, q] = [this.screen[i - 1], this.screen[i]];
      if (p == null || q == null || (this.hidden[i - 1] && this.hidden[i]) !== hidden) finish();
      else {
        if (!open) {
          context.lineDashOffset = travelled;
          context.beginPath();
          context.moveTo(...p);
          open = true;
        }
        context.lineTo(...q);
      }
      if (p != null && q != null) travelled += Math.hypot(q[0] - p[0], q[1] - p[1]);
    }
    finish();
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  head(context) {
    const last = this.screen[this.length - 1];
    if (last == null) return;
    const around = CORNERS[this.marker];
    if (around == null) dot(context, last, 5, this.color, "#ffffff", 1.2);
    else polygon(context, last, around, this.color);
  }
}

// A marker as in the other figures; its corners as angles from the top, in turns.
function polygon(context, [x, y], corners, color) {
  context.beginPath();
  for (const turn of corners) {
    const angle = 2 * Math.PI * turn;
    context.lineTo(x + 6.2 * Math.sin(angle), y - 6.2 * Math.cos(angle));
  }
  context.closePath();
  Object.assign(context, {fillStyle: color, strokeStyle: "#ffffff", lineWidth: 1.2});
  context.fill();
  context.stroke();
}

function dot(context, [x, y], radius, fill, line, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = line;
  context.lineWidth = width;
  context.stroke();
}

function star(context, [x, y]) {
  context.beginPath();
  for (let k = 0; k < 10; k++) {
    const angle = (k * Math.PI) / 5, radius = k % 2 ? 3.4 : 8;
    context.lineTo(x + radius * Math.sin(angle), y - radius * Math.cos(angle));
  }
  context.closePath();
  Object.assign(context, {fillStyle: "#f0c419", strokeStyle: "#5a4a00", lineWidth: 1});
  context.fill();
  context.stroke();
}

function isDark(node) {
  for (; node != null; node = node.parentElement ?? node.getRootNode().host) {
    const [r, g, b, a] = (getComputedStyle(node).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (r != null && a !== 0) return r + g + b < 380;
  }
  return false;
}

export function render({model, el}) {
  const view = {...HOME}, sources = {};
  const root = document.createElement("div");
  root.className = "surface";
  root.innerHTML = `<div class="stage"><canvas role="img"></canvas></div>
    <aside><ul></ul><label>Turn <input type="range" aria-label="Turn the surface"></label>
    <label>Tilt <input type="range" aria-label="Tilt the surface"></label><p></p></aside>`;
  const canvas = root.querySelector("canvas"), legend = root.querySelector("ul");
  const sliders = [...root.querySelectorAll("input")], words = root.querySelector("p");
  const picture = document.createElement("canvas");
  const context = canvas.getContext("2d"), behind = picture.getContext("2d");
  let mesh = null, paths = [], camera = null, stale = true, asked = false;

  const ask = (anew) => {
    stale ||= anew;
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  };

  function paint(colors, width, height, ratio) {
    for (const each of [canvas, picture]) [each.width, each.height] = [width * ratio, height * ratio];
    camera = new Camera(view).fit(mesh.points, width, height);
    behind.setTransform(ratio, 0, 0, ratio, 0, 0);
    mesh.base(behind, camera, colors, false);
    mesh.paint(behind, camera, colors);
    mesh.base(behind, camera, colors, true);
    paths = [];
    root.style.setProperty("--ink", colors.text);
    canvas.ariaLabel = `Surface of f over ${mesh.names.join(" and ")}, with the paths of ${sources.paths.data.label.join("; ")}`;
  }

  function draw() {
    asked = false;
    const {clientWidth: width, clientHeight: height} = canvas.parentElement;
    if (!el.isConnected || mesh == null || width < 60 || height < 60) return;
    const ratio = window.devicePixelRatio || 1, dark = isDark(el);
    const colors = model.colors[dark ? "dark" : "light"];
    stale ||= root.dataset.dark !== String(dark);
    root.dataset.dark = dark;
    if (stale) paint(colors, width, height, ratio);
    stale = false;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawPaths(colors);
  }

  function drawPaths(colors) {
    const {xs, ys, zs, color, dash, marker} = sources.paths.data;
    for (let k = 0; k < xs.length; k++) {
      paths[k] ??= new PathOnSurface({color: color[k], dash: dash[k], marker: marker[k], buffer: xs[k].buffer});
      paths[k].extend(mesh, camera, {xs: xs[k], ys: ys[k], zs: zs[k]});
    }
    for (const hidden of [true, false]) for (const path of paths) path.stroke(context, hidden);
    for (const mark of mesh.marks) star(context, camera.see(...mark));
    const start = paths[0]?.screen[0];
    if (start != null) dot(context, start, 6, colors.background, colors.text, 2.5);
    for (const path of paths) path.head(context);
    canvas.dataset.length = paths[0]?.length ?? 0;
  }

  function explain() {
    const {label, color, dash} = sources.paths.data;
    legend.replaceChildren(...label.map((text, k) => {
      const item = document.createElement("li");
      item.innerHTML = `<svg width="30" height="6" aria-hidden="true"><path d="M0 3H30" stroke-width="2.5"/></svg>`;
      item.querySelector("path").setAttribute("stroke", color[k]);
      item.querySelector("path").setAttribute("stroke-dasharray", dash[k].join(" "));
      item.append(text);
      return item;
    }));
  }

  function turn(to) {
    for (const key of ["azimuth", "elevation"]) {
      const [low, high] = TURN[key];
      let value = to[key] ?? view[key];
      if (key === "azimuth") value = ((((value + 180) % 360) + 360) % 360) - 180;
      view[key] = Math.min(Math.max(value, low), high);
    }
    sliders.forEach((slider, k) => (slider.value = k ? view.elevation : view.azimuth));
    ask(true);
  }

  sliders.forEach((slider, k) => {
    const key = k ? "elevation" : "azimuth";
    [slider.min, slider.max] = TURN[key];
    slider.step = 1;
    slider.addEventListener("input", () => turn({[key]: Number(slider.value)}));
  });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    turn({
      azimuth: view.azimuth - 0.5 * event.movementX,
      elevation: view.elevation + 0.4 * event.movementY,
    });
  });
  canvas.addEventListener("dblclick", () => turn(HOME));

  function find(name) {
    for (const document of window.Bokeh?.documents ?? []) {
      const found = document.get_model_by_name(`${model.prefix}:${name}`);
      if (found != null) return found;
    }
    return null;
  }

  let label = null;
  function receiveMesh() {
    const {data} = sources.mesh;
    if (!data.heights?.length) return;
    mesh = new Mesh(data);
    ask(true);
  }
  function receivePaths() {
    const {data} = sources.paths;
    if (String(data.label) !== String(label)) explain();
    label = data.label;
    const anew = paths.some((path, k) => path.buffer !== data.xs[k]?.buffer);
    if (anew || paths.length > data.xs.length) paths = [];
    ask(false);
  }
  const say = () => (words.textContent = model.words);
  function bind() {
    if (!root.isConnected && sources.mesh) return;
    [sources.mesh, sources.paths] = [find("surface-mesh"), find("surface-paths")];
    if (sources.mesh == null || sources.paths == null) return setTimeout(bind, 50);
    sources.mesh.properties.data.change.connect(receiveMesh);
    sources.paths.properties.data.change.connect(receivePaths);
    receivePaths();
    receiveMesh();
  }
  const resized = new ResizeObserver(() => ask(true));
  const restyled = new MutationObserver(() => setTimeout(() => ask(false), 350));
  el.append(root);
  resized.observe(root);
  for (const node of [document.documentElement, document.body])
    restyled.observe(node, {attributes: true});
  model.on("words", say);
  say();
  turn({});
  bind();
  return () => {
    resized.disconnect();
    restyled.disconnect();
    sources.mesh?.properties.data.change.disconnect(receiveMesh);
    sources.paths?.properties.data.change.disconnect(receivePaths);
  };
}
