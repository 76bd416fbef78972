// Hands every source of the page its columns: whole, up to a step, or turned.

import {findModel} from "./dom.js";
import {columnsOf, moverOf, readPacket, turned} from "./packet.js";
import {fitSquare} from "./square_window.js";

/** @typedef {import("./packet.js").Entry} Entry */
/** @typedef {import("./square_window.js").Square} Square */

const SETTLED = 400; // milliseconds without another size, until a figure counts as laid out

// Bokeh paints the level "overlay" on a canvas of its own, so what moves there leaves the landscape
// and the axes below as they are; it clips such glyphs to the frame only where a view asks for it.
let clipped = false;
function clipOverlays() {
  if (clipped) return;
  const glyph = window.Bokeh.index.query_one((view) => view.model.type === "GlyphRenderer");
  if (glyph == null) return;
  Object.defineProperty(Object.getPrototypeOf(glyph), "needs_clip", {get: () => true});
  clipped = true;
}

export class Drawing {
  /** @type {Map<BokehModel, number>} */
  #ratios = new Map();
  /** @type {Map<string, BokehModel>} */
  #models = new Map();
  /** @type {Map<string, (step: number) => void>} */
  #moving = new Map();
  /** @type {Map<string, Square>} */
  #windows = new Map();
  /** @type {Map<string, {source: BokehModel, sum: number, of: unknown}>} */
  #shown = new Map();
  #timer = 0;
  #prefix;
  #clock;
  #onWide;
  /** @type {Record<string, any>} */
  header = {};

  /**
   * @param {string} prefix of the names of all models
   * @param {import("./clock.js").Clock} clock
   * @param {(ratio: number) => void} onWide told the ratio of the widest figure's sides
   */
  constructor(prefix, clock, onWide) {
    this.#prefix = prefix;
    this.#clock = clock;
    this.#onWide = onWide;
  }

  /** @param {string} name */
  find(name) {
    const model = this.#models.get(name) ?? findModel(`${this.#prefix}:${name}`);
    if (model != null) this.#models.set(name, model);
    return model;
  }

  /**
   * Draws a packet. Sources that did not change since the last one are left alone: Bokeh would
   * compare them number by number.
   * @param {Uint8Array} bytes
   */
  load(bytes) {
    const {header, view} = readPacket(bytes);
    this.header = {...this.header, ...header}; // a part of the page may send its own sources alone
    this.#clock.set(header.n_steps, header.clock ? view(header.clock) : null);
    clipOverlays();
    for (const [name, entry] of Object.entries(header.sources)) this.#draw(name, entry, view);
    for (const [name, square] of Object.entries(header.windows ?? {})) this.#frame(name, square);
  }

  /**
   * @param {string} name
   * @param {Entry} entry
   * @param {import("./packet.js").View} view
   */
  #draw(name, entry, view) {
    const source = this.find(name);
    if (source == null || this.#isShown(name, source, entry)) return;
    this.#moving.delete(name);
    if (entry.kind === "fixed") source.data = columnsOf(entry, view);
    else if (entry.kind === "turned") source.data = turned(entry, this.find(entry.of)?.data);
    else {
      const columnsAt = moverOf(entry, view, () => this.#clock.n_steps);
      const move = (/** @type {number} */ step) => {
        const columns = columnsAt(step);
        if (columns != null) source.data = columns;
      };
      if (entry.kind === "lines") move(Infinity);
      else this.#moving.set(name, move);
    }
  }

  /**
   * @param {string} name
   * @param {BokehModel} source
   * @param {Entry} entry
   */
  #isShown(name, source, entry) {
    const of = entry.of && this.find(entry.of)?.data, shown = this.#shown.get(name);
    this.#shown.set(name, {source, sum: entry.sum, of});
    return shown != null && shown.source === source && shown.sum === entry.sum && shown.of === of;
  }

  /**
   * A square window in a frame of any shape: equal scales on both axes, the square in the middle.
   * @param {string} name
   * @param {Square} square
   */
  #frame(name, square) {
    const figure = this.find(name);
    if (figure == null) return;
    const known = this.#windows.get(name);
    this.#windows.set(name, square);
    if (known == null) {
      const refit = () => this.#fit(figure, this.#windows.get(name) ?? square);
      figure.properties.inner_width.change.connect(refit);
      figure.properties.inner_height.change.connect(refit);
    }
    if (known == null || known.some((value, i) => value !== square[i])) this.#fit(figure, square);
  }

  /**
   * @param {BokehModel} figure
   * @param {Square} square
   */
  #fit(figure, square) {
    const ratio = fitSquare(figure, square);
    if (ratio > 0) this.#measure(figure, ratio);
  }

  /**
   * Tells how wide the widest figure is, when the layout has come to rest.
   * @param {BokehModel} figure
   * @param {number} ratio
   */
  #measure(figure, ratio) {
    this.#ratios.set(figure, ratio);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onWide(Math.max(...this.#ratios.values())), SETTLED);
  }

  /** @param {number} step */
  draw(step) {
    for (const move of this.#moving.values()) move(step);
  }
}
