// The surface of f on a canvas of its own. The surface is repainted when it turns; while playing
// only the paths are drawn over its picture.

import {element, findModel, svg} from "../../ui/dom.js";
import {Camera, HOME, Mesh, TURN, turnedView} from "./surface_geometry.js";
import {paintBase, paintMarker, paintMesh, PathOnSurface} from "./surface_painting.js";

/** @typedef {import("./surface_painting.js").Colors} Colors */
/** @typedef {import("./surface_painting.js").IsoLines} IsoLines */
/** @typedef {import("./surface_geometry.js").Point} Point */
/**
 * @typedef {object} Lines the columns of all paths
 * @property {Float32Array[]} xs
 * @property {Float32Array[]} ys
 * @property {Float32Array[]} zs
 * @property {string[]} color
 * @property {number[][]} dash
 * @property {string[]} marker
 * @property {string[]} label
 */

/**
 * Returns true if the background on which a node is seen is dark.
 * @param {Element} node
 */
function isDark(node) {
  for (let each = node; each != null; each = each.parentElement ?? /** @type {ShadowRoot} */ (each.getRootNode()).host) {
    const [r, g, b, a] = (getComputedStyle(each).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (r != null && a !== 0) return r + g + b < 380;
  }
  return false;
}

/**
 * Returns the legend's line of a path.
 * @param {string} label
 * @param {string} color
 * @param {number[]} dash
 */
function legendItem(label, color, dash) {
  const line = svg('<svg width="30" height="6" aria-hidden="true"><path d="M0 3H30" stroke-width="2.5"/></svg>');
  line.firstElementChild?.setAttribute("stroke", color);
  line.firstElementChild?.setAttribute("stroke-dasharray", dash.join(" "));
  return element("li", {}, line, label);
}

/**
 * @typedef {object} Properties
 * @property {string} prefix
 * @property {string} words
 * @property {{light: Colors, dark: Colors}} colors
 * @property {Record<string, string>} markers
 * @property {{fill: string, line: string}} minimum
 */

/** @param {Component<Properties>} component */
export function render({model, el}) {
  const canvas = element("canvas", {role: "img"}), picture = element("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const behind = /** @type {CanvasRenderingContext2D} */ (picture.getContext("2d"));
  const legend = element("ul"), words = element("p");
  const slider = (/** @type {"azimuth" | "elevation"} */ key, /** @type {string} */ ariaLabel) => {
    const [min, max] = TURN[key].map(String);
    const made = element("input", {type: "range", min, max, step: "1", ariaLabel});
    made.addEventListener("input", () => turn({[key]: Number(made.value)}));
    return made;
  };
  const azimuth = slider("azimuth", "Turn the surface"), elevation = slider("elevation", "Tilt the surface");
  const root = element("div", {className: "surface"}, element("div", {className: "stage"}, canvas),
    element("aside", {}, legend, element("label", {}, "Turn ", azimuth),
      element("label", {}, "Tilt ", elevation), words));
  let view = HOME, stale = true, asked = false, camera = new Camera(view);
  /** @type {{mesh: Mesh, lines: IsoLines, names: string[], ends: string[][], marks: Point[]} | null} */
  let surface = null;
  /** @type {Lines} */
  let lines = {xs: [], ys: [], zs: [], color: [], dash: [], marker: [], label: []};
  /** @type {PathOnSurface[]} */
  let paths = [];
  let disconnect = () => {};

  /** @param {boolean} anew */
  function ask(anew) {
    stale ||= anew;
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  }

  function draw() {
    asked = false;
    const {clientWidth: width = 0, clientHeight: height = 0} = canvas.parentElement ?? {};
    if (!el.isConnected || surface == null || width < 60 || height < 60) return;
    const ratio = window.devicePixelRatio || 1, dark = isDark(el);
    const colors = model.colors[dark ? "dark" : "light"];
    stale ||= root.dataset.dark !== String(dark);
    root.dataset.dark = String(dark);
    if (stale) paint(surface, colors, [width, height, ratio]);
    stale = false;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawPaths(surface, colors);
  }

  /**
   * @param {NonNullable<typeof surface>} ground
   * @param {Colors} colors
   * @param {[width: number, height: number, ratio: number]} size
   */
  function paint(ground, colors, [width, height, ratio]) {
    for (const each of [canvas, picture]) [each.width, each.height] = [width * ratio, height * ratio];
    camera = new Camera(view).fit(ground.mesh.points, width, height);
    behind.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintBase(behind, ground, camera, colors, false);
    paintMesh(behind, ground.mesh, ground.lines, camera, colors);
    paintBase(behind, ground, camera, colors, true);
    paths = [];
    root.style.setProperty("--ink", colors.text);
    const over = ground.names.join(" and ");
    canvas.ariaLabel = `Surface of f over ${over}, with the paths of ${lines.label.join("; ")}`;
  }

  /**
   * @param {NonNullable<typeof surface>} ground
   * @param {Colors} colors
   */
  function drawPaths({mesh, marks}, colors) {
    const {xs, ys, zs, color, dash, marker} = lines;
    for (let k = 0; k < xs.length; k++) {
      paths[k] ??= new PathOnSurface({color: color[k], dash: dash[k], outline: model.markers[marker[k]]});
      paths[k].extend(mesh, camera, {xs: xs[k], ys: ys[k], zs: zs[k]});
    }
    for (const hidden of [true, false]) for (const path of paths) path.stroke(context, hidden);
    const {star, circle} = model.markers, start = paths[0]?.screen[0];
    for (const mark of marks) paintMarker(context, camera.see(...mark), star, 16, {...model.minimum, width: 1});
    if (start != null)
      paintMarker(context, start, circle, 12, {fill: colors.background, line: colors.text, width: 2.5});
    for (const path of paths) path.head(context);
    canvas.dataset.length = String(paths[0]?.length ?? 0);
  }

  /** @param {Partial<import("./surface_geometry.js").View>} to */
  function turn(to) {
    view = turnedView(view, to);
    azimuth.value = String(view.azimuth);
    elevation.value = String(view.elevation);
    ask(true);
  }

  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    turn({
      azimuth: view.azimuth - 0.5 * event.movementX,
      elevation: view.elevation + 0.4 * event.movementY,
    });
  });
  canvas.addEventListener("dblclick", () => turn(HOME));

  /** @param {Record<string, any>} data */
  function receiveMesh({heights, us, vs, ws, names, ends, marks}) {
    if (!heights?.length) return;
    surface = {mesh: new Mesh(heights), lines: {us, vs, ws}, names, ends, marks};
    ask(true);
  }

  /** @param {any} data */
  function receivePaths(data) {
    const before = lines;
    lines = data;
    if (String(lines.label) !== String(before.label))
      legend.replaceChildren(...lines.label.map((label, k) => legendItem(label, lines.color[k], lines.dash[k])));
    // while playing the columns are longer views of the same numbers
    if (before.xs.some((x, k) => x.buffer !== lines.xs[k]?.buffer)) paths = [];
    ask(false);
  }

  const say = () => { words.textContent = model.words; };
  function bind() {
    const [ground, above] = ["mesh", "paths"].map((name) => findModel(`${model.prefix}:surface-${name}`));
    if (ground == null || above == null) {
      const timer = setTimeout(bind, 50);
      disconnect = () => clearTimeout(timer);
      return;
    }
    const onMesh = () => receiveMesh(ground.data), onPaths = () => receivePaths(above.data);
    ground.properties.data.change.connect(onMesh);
    above.properties.data.change.connect(onPaths);
    disconnect = () => {
      ground.properties.data.change.disconnect(onMesh);
      above.properties.data.change.disconnect(onPaths);
    };
    onPaths();
    onMesh();
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
    disconnect();
  };
}
