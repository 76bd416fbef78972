// The surface of f as a height field, and how it is seen. Points are (u, v, w): u and v from −1 to
// 1 across the base, w from 0 to 1 upward.

/** @typedef {[u: number, v: number, w: number]} Point */
/** @typedef {[x: number, y: number]} Pixel */
/** @typedef {{azimuth: number, elevation: number}} View in degrees */

export const HEIGHT = 0.8; // of the surface, where its base is two wide
export const HOME = {azimuth: -32, elevation: 36};
export const TURN = {azimuth: [-180, 180], elevation: [8, 88]};

/**
 * Returns a view with some angles changed, within what can be seen.
 * @param {View} view
 * @param {Partial<View>} to
 * @returns {View}
 */
export function turnedView(view, to) {
  const {azimuth, elevation} = {...view, ...to};
  const [low, high] = TURN.elevation;
  return {
    azimuth: ((((azimuth + 180) % 360) + 360) % 360) - 180,
    elevation: Math.min(Math.max(elevation, low), high),
  };
}

// Orthographic: across the screen, up the screen.
export class Camera {
  #scale = 1;
  #y = 0;
  x = 0; // of the middle of the base on the screen

  /** @param {View} view */
  constructor({azimuth, elevation}) {
    const a = (azimuth * Math.PI) / 180, e = (elevation * Math.PI) / 180;
    this.ca = Math.cos(a);
    this.sa = Math.sin(a);
    this.ce = Math.cos(e);
    this.se = Math.sin(e);
  }

  /**
   * Fills the canvas with the points, with room for the names below and at the sides.
   * @param {Point[]} points
   * @param {number} width
   * @param {number} height
   */
  fit(points, width, height) {
    const seen = points.map((point) => this.see(...point));
    const [xs, ys] = [0, 1].map((axis) => seen.map((p) => p[axis]));
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    this.#scale = Math.min((width - 110) / (right - left), (height - 36) / (bottom - top));
    this.x = width / 2 - (this.#scale * (left + right)) / 2;
    this.#y = 12 - this.#scale * top;
    return this;
  }

  /**
   * Returns where a point is on the screen.
   * @param {number} u
   * @param {number} v
   * @param {number} w
   * @returns {Pixel}
   */
  see(u, v, w) {
    const across = u * this.ca - v * this.sa, away = u * this.sa + v * this.ca;
    const up = away * this.se + (w - 0.5) * HEIGHT * this.ce;
    return [this.x + this.#scale * across, this.#y - this.#scale * up];
  }
}

export class Mesh {
  /** @param {Float32Array} heights row by row, of a square; NaN where f is not defined */
  constructor(heights) {
    this.heights = heights;
    this.n = Math.round(Math.sqrt(heights.length));
    this.unit = 2 / (this.n - 1);
  }

  /**
   * Returns the point of a number.
   * @param {number} k
   * @returns {Point}
   */
  point(k) {
    return [-1 + this.unit * (k % this.n), -1 + this.unit * Math.floor(k / this.n), this.heights[k]];
  }

  /** Returns the surface's points and the corners of its base. */
  get points() {
    const all = Array.from(this.heights, (_, k) => this.point(k));
    for (const u of [-1, 1]) for (const v of [-1, 1]) all.push([u, v, 0]);
    return all.filter(([, , height]) => !Number.isNaN(height));
  }

  /**
   * @param {number} i
   * @param {number} j
   */
  #at(i, j) {
    return this.heights[j * this.n + i];
  }

  /**
   * Returns the numbers of the corners of a cell, around it.
   * @param {number} i
   * @param {number} j
   */
  corners(i, j) {
    const {n} = this;
    return [j * n + i, j * n + i + 1, (j + 1) * n + i + 1, (j + 1) * n + i];
  }

  /**
   * Returns the height at a place, bilinear within a cell.
   * @param {number} u
   * @param {number} v
   */
  height(u, v) {
    const last = this.n - 1;
    const x = Math.min(Math.max(((u + 1) / 2) * last, 0), last - 1e-6), i = Math.floor(x);
    const y = Math.min(Math.max(((v + 1) / 2) * last, 0), last - 1e-6), j = Math.floor(y);
    const [s, t] = [x - i, y - j];
    return (this.#at(i, j) * (1 - s) + this.#at(i + 1, j) * s) * (1 - t)
      + (this.#at(i, j + 1) * (1 - s) + this.#at(i + 1, j + 1) * s) * t;
  }

  /**
   * Returns true if the surface stands between a point and the eye.
   * @param {Camera} camera
   * @param {number} u
   * @param {number} v
   * @param {number} w
   */
  hides({ca, sa, ce, se}, u, v, w) {
    const step = 0.06;
    for (let t = step; t < 3; t += step) {
      const [x, y, z] = [u - t * ce * sa, v - t * ce * ca, w + (t * se) / HEIGHT];
      if (z > 1 || Math.abs(x) > 1 || Math.abs(y) > 1) return false;
      if (this.height(x, y) > z + 0.03) return true;
    }
    return false;
  }

  /**
   * Returns how much light falls on a cell and its mean height, NaN where f is not defined.
   * @param {number} i
   * @param {number} j
   */
  shading(i, j) {
    const [h0, h1, h2, h3] = this.corners(i, j).map((k) => this.heights[k]);
    const [dx, dy] = [(h1 + h2 - h0 - h3) / 2, (h2 + h3 - h0 - h1) / 2];
    const [across, away] = [(-dx / this.unit) * HEIGHT, (-dy / this.unit) * HEIGHT];
    const light = (0.35 * across + 0.5 * away + 0.9) / Math.hypot(across, away, 1);
    return {mean: (h0 + h1 + h2 + h3) / 4, shade: 0.74 + 0.28 * Math.min(Math.max(light, 0), 1)};
  }
}
