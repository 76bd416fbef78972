// Paints a height field from back to front, and the paths on it.

/** @typedef {import("./surface_geometry.js").Camera} Camera */
/** @typedef {import("./surface_geometry.js").Mesh} Mesh */
/** @typedef {import("./surface_geometry.js").Pixel} Pixel */
/** @typedef {CanvasRenderingContext2D} Context */
/**
 * @typedef {{landscape: string[], contour: string, muted: string, border: string, text: string,
 *   background: string}} Colors
 */

/**
 * Returns red, green and blue of a color "#rrggbb".
 * @param {string} hex
 */
const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/**
 * Returns the color of a cell, between those of the lowest and of the highest one.
 * @param {string[]} landscape
 * @param {{mean: number, shade: number}} shading
 */
export function tint(landscape, {mean, shade}) {
  const [low, high] = landscape.map(channels);
  const mixed = low.map((c, k) => Math.round(Math.min(255, (c + mean * (high[k] - c)) * shade)));
  return `rgb(${mixed})`;
}

/** @typedef {{us: Float32Array, vs: Float32Array, ws: Float32Array}} IsoLines with NaN between them */

/**
 * @param {Context} context
 * @param {Mesh} mesh
 * @param {IsoLines} lines
 * @param {Camera} camera
 * @param {Colors} colors
 */
export function paintMesh(context, mesh, lines, camera, colors) {
  const last = mesh.n - 1;
  const order = (/** @type {boolean} */ forward) =>
    Array.from({length: last}, (_, k) => (forward ? k : last - 1 - k));
  const is = order(camera.sa < 0), js = order(camera.ca < 0);
  const seen = Array.from(mesh.heights, (_, k) => camera.see(...mesh.point(k)));
  Object.assign(context, {lineJoin: "round", lineWidth: 0.8});
  for (const j of js) {
    for (const i of is) {
      const shading = mesh.shading(i, j);
      if (Number.isNaN(shading.mean)) continue; // a hole: f is not defined there
      context.fillStyle = context.strokeStyle = tint(colors.landscape, shading);
      trace(context, mesh.corners(i, j).map((k) => seen[k]));
    }
  }
  Object.assign(context, {strokeStyle: colors.contour, lineWidth: 1});
  context.beginPath();
  const {us, vs, ws} = lines;
  for (let k = 1; k < us.length; k++) {
    if (Number.isNaN(us[k - 1] + us[k]) || mesh.hides(camera, us[k], vs[k], ws[k])) continue;
    context.moveTo(...camera.see(us[k - 1], vs[k - 1], ws[k - 1]));
    context.lineTo(...camera.see(us[k], vs[k], ws[k]));
  }
  context.stroke();
}

/**
 * Paints two edges of the square that the surface stands on: those behind it, or, with their names
 * and ends, those before it.
 * @param {Context} context
 * @param {{names: string[], ends: string[][]}} axes
 * @param {Camera} camera
 * @param {Colors} colors
 * @param {boolean} near
 */
export function paintBase(context, {names, ends}, camera, colors, near) {
  const corner = [Math.sign(camera.sa) || 1, Math.sign(camera.ca) || 1];
  Object.assign(context, {
    strokeStyle: near ? colors.muted : colors.border, fillStyle: colors.text,
    font: "12px system-ui, sans-serif", lineWidth: 1, textBaseline: "top",
  });
  for (const axis of [0, 1]) {
    const at = near ? -corner[1 - axis] : corner[1 - axis];
    const point = (/** @type {number} */ along) =>
      (axis === 0 ? camera.see(along, at, 0) : camera.see(at, along, 0));
    context.beginPath();
    context.moveTo(...point(-1));
    context.lineTo(...point(1));
    context.stroke();
    if (!near) continue;
    const side = point(0)[0] < camera.x ? -1 : 1;
    context.textAlign = side < 0 ? "right" : "left";
    /** @type {[string, number][]} */
    const labels = [[names[axis], 0], [ends[axis][0], -0.9], [ends[axis][1], 0.9]];
    for (const [text, along] of labels) {
      const [x, y] = point(along);
      context.fillText(text, x + side * 5, y + 2);
    }
  }
}

// One path; which of its points the surface hides is found once for each view.
export class PathOnSurface {
  /** @type {(Pixel | null)[]} */
  screen = [];
  /** @type {boolean[]} */
  #hidden = [];
  length = 0;
  #look;

  /** @param {{color: string, dash: number[], outline: string}} look */
  constructor(look) {
    this.#look = look;
  }

  /**
   * @param {Mesh} mesh
   * @param {Camera} camera
   * @param {{xs: Float32Array, ys: Float32Array, zs: Float32Array}} points
   */
  extend(mesh, camera, {xs, ys, zs}) {
    for (let i = this.screen.length; i < xs.length; i++) {
      const known = Number.isFinite(xs[i] + ys[i] + zs[i]);
      this.screen.push(known ? camera.see(xs[i], ys[i], zs[i]) : null);
      this.#hidden.push(known && mesh.hides(camera, xs[i], ys[i], zs[i]));
    }
    this.length = xs.length;
  }

  /**
   * Returns the parts that are hidden, or those that are not, each with the length of the path
   * before it, where its dashes begin.
   * @param {boolean} hidden
   */
  parts(hidden) {
    /** @type {{offset: number, pixels: Pixel[]}[]} */
    const parts = [];
    let travelled = 0, open = false;
    for (let i = 1; i < this.length; i++) {
      const p = this.screen[i - 1], q = this.screen[i];
      if (p == null || q == null) {
        open = false;
        continue;
      }
      if ((this.#hidden[i - 1] && this.#hidden[i]) !== hidden) open = false;
      else {
        if (!open) parts.push({offset: travelled, pixels: [p]});
        parts[parts.length - 1].pixels.push(q);
        open = true;
      }
      travelled += Math.hypot(q[0] - p[0], q[1] - p[1]);
    }
    return parts;
  }

  /**
   * @param {Context} context
   * @param {boolean} hidden
   */
  stroke(context, hidden) {
    const {color, dash} = this.#look;
    Object.assign(context, {
      strokeStyle: color, lineWidth: 2.2, lineJoin: "round", lineCap: dash.length ? "butt" : "round",
      globalAlpha: hidden ? 0.3 : 1,
    });
    context.setLineDash(dash);
    for (const {offset, pixels: [first, ...others]} of this.parts(hidden)) {
      context.lineDashOffset = offset;
      context.beginPath();
      context.moveTo(...first);
      for (const pixel of others) context.lineTo(...pixel);
      context.stroke();
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** @param {Context} context */
  head(context) {
    const last = this.screen[this.length - 1], {color, outline} = this.#look;
    if (last != null) paintMarker(context, last, outline, 10, {fill: color, line: "#ffffff", width: 1.2});
  }
}

/**
 * Fills and strokes a polygon.
 * @param {Context} context
 * @param {Pixel[]} pixels
 */
function trace(context, pixels) {
  context.beginPath();
  for (const pixel of pixels) context.lineTo(...pixel);
  context.closePath();
  context.fill();
  context.stroke();
}

/**
 * Paints a marker around a point.
 * @param {Context} context
 * @param {Pixel} center
 * @param {string} outline of 12 units
 * @param {number} size in pixels
 * @param {{fill: string, line: string, width: number}} look
 */
export function paintMarker(context, [x, y], outline, size, {fill, line, width}) {
  const path = new Path2D(outline), scale = size / 12;
  context.save();
  context.translate(x, y);
  context.scale(scale, scale);
  Object.assign(context, {fillStyle: fill, strokeStyle: line, lineWidth: width / scale});
  context.fill(path);
  context.stroke(path);
  context.restore();
}
