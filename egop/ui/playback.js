// The playback bar. Python is told the step only when playing ends; nothing else is ever sent while
// it plays.

import {tellDisplay} from "./display.js";
import {afterLoading, button, element, icon} from "./dom.js";
import {Clock} from "./clock.js";
import {Drawing} from "./drawing.js";
import {actionOf} from "./playback_keys.js";

const WIDEST = 3.5; // ratio of a figure's sides up to which its landscape fills it
const CALM = 600; // milliseconds without another packet, until what was said is said anew
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const ICONS = {
  start: "M6 5h2v14H6zM20 5v14L9 12z",
  back: "M13 5v14L3 12zM21 5v14l-10-7z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  forward: "M3 5v14l10-7zM11 5v14l10-7z",
  end: "M16 5h2v14h-2zM4 5v14l11-7z",
};

/**
 * @typedef {object} Properties
 * @property {string} prefix
 * @property {number} step
 * @property {number} wide
 * @property {boolean} autoplay
 * @property {number} drawn
 * @property {boolean} narrow
 * @property {boolean} dark
 */

/** @param {Component<Properties>} component */
export function render({model, el}) {
  const clock = new Clock();
  const drawing = new Drawing(model.prefix, clock, (ratio) => {
    const wide = Math.min(WIDEST, Math.ceil(4 * ratio) / 4);
    if (wide > model.wide) model.wide = wide;
  });
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let playing = false, speed = 2, saying = 0;
  /** @type {unknown} */
  let scene = null;
  /** @type {BokehModel | null} */
  let bound = null;

  /**
   * @param {string} path of the icon
   * @param {string} label
   * @param {() => void} action
   */
  const press = (path, label, action) => button({title: label, ariaLabel: label}, action, icon(path));
  const toggle = press(ICONS.play, "Play", () => (playing ? pause() : play()));
  toggle.classList.add("main");
  const scrub = element("input", {type: "range", min: "0", value: "0", step: "1", ariaLabel: "Step"});
  scrub.addEventListener("input", () => { stop(); show(Number(scrub.value)); });
  scrub.addEventListener("change", tell);
  const marks = element("div", {className: "marks"}), text = element("output");
  const rate = button({className: "speed"}, () => setSpeed((speed + 1) % SPEEDS.length));
  const spoken = element("div", {className: "spoken", ariaLive: "polite"});
  const bar = element("div", {className: "bar", role: "group", ariaLabel: "Playback"},
    press(ICONS.start, "Reset to the start", () => goTo(0)),
    press(ICONS.back, "Step back", () => goTo(clock.step - 1)), toggle,
    press(ICONS.forward, "Step forward", () => goTo(clock.step + 1)),
    press(ICONS.end, "Go to the end", () => goTo(Infinity)),
    element("div", {className: "track"}, scrub, marks), text, rate, spoken);
  el.append(bar);
  setSpeed(2);

  /** @param {number} index */
  function setSpeed(index) {
    speed = index;
    rate.textContent = `${SPEEDS[index]}×`;
    rate.title = rate.ariaLabel = `Speed ${SPEEDS[index]}×`;
  }

  const unit = () => drawing.header.unit ?? "step";

  function unitAtStart() {
    return unit()[0].toUpperCase() + unit().slice(1);
  }

  /**
   * Returns the name of a step: its number, unless some were left out.
   * @param {number} k
   */
  const label = (k) => drawing.header.labels?.[k] ?? k;

  /** @returns {{step: number, words: string, color: string}[]} */
  const arrivals = () => drawing.header.arrivals ?? [];

  /** @param {number} k */
  function show(k) {
    clock.moveTo(k);
    paint();
  }

  function paint() {
    const {step, n_steps} = clock;
    drawing.draw(step);
    scrub.value = String(step);
    text.textContent = `${unit()} ${label(step)} / ${label(n_steps)}`;
    bar.dataset.step = String(step);
  }

  function tell() {
    model.step = clock.step;
    say();
  }

  // What stands still: the step, the runs that arrived, and the sentences of the open tab.
  function say() {
    const arrived = arrivals().filter((each) => each.step <= clock.step).map((each) => `${each.words}.`);
    const sentences = [`${unitAtStart()} ${label(clock.step)} of ${label(clock.n_steps)}.`, ...arrived,
      drawing.header.words ?? ""].join(" ").trim();
    if (spoken.textContent !== sentences) spoken.textContent = sentences;
  }

  // What was said holds no longer after another packet; of a drag only the last one is spoken of.
  function sayAnew() {
    clearTimeout(saying);
    saying = setTimeout(() => { if (!playing && spoken.textContent) say(); }, CALM);
  }

  /**
   * Says which runs arrived since a step, while it plays.
   * @param {number} before
   */
  function announce(before) {
    const passed = arrivals().filter(({step: at}) => before < at && at <= clock.step);
    if (passed.length) spoken.textContent = passed.map((each) => `${each.words}.`).join(" ");
  }

  // Where runs arrive, on the slider.
  function markArrivals() {
    marks.replaceChildren(...arrivals().map(({step: at, words, color}) => {
      const mark = element("i", {title: words});
      mark.style.setProperty("--at", String(at / Math.max(1, clock.n_steps)));
      mark.style.background = color;
      return mark;
    }));
  }

  function setToggle() {
    toggle.replaceChildren(icon(playing ? ICONS.pause : ICONS.play));
    toggle.title = toggle.ariaLabel = playing ? "Pause" : "Play";
    bar.dataset.playing = String(playing);
  }

  function stop() {
    playing = false;
    clock.rest();
    setToggle();
  }

  function pause() {
    stop();
    tell();
  }

  function play() {
    if (clock.step >= clock.n_steps) show(0);
    playing = true;
    clock.rest();
    setToggle();
    requestAnimationFrame(tick);
  }

  /** @param {number} now */
  function tick(now) {
    if (!playing || !el.isConnected) return;
    const before = clock.step;
    clock.advance(now, document.hidden ? 0 : SPEEDS[speed]);
    if (clock.step > before) {
      announce(before);
      paint();
    }
    if (clock.step >= clock.n_steps) pause();
    else requestAnimationFrame(tick);
  }

  /** @param {number} step */
  function goTo(step) {
    stop();
    show(step);
    tell();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!bar.getClientRects().length) return; // in a part of the page that is not shown
    const action = actionOf(event, event.composedPath(), {scrub, toggle});
    if (action == null) return;
    if ("toggle" in action) toggle.click();
    else if ("speed" in action) setSpeed(action.speed);
    else goTo("by" in action ? clock.step + action.by : action.to);
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);

  // Another scene begins at its first step and plays; where nothing may move it shows its end.
  function begin() {
    scene = drawing.header.scene;
    spoken.textContent = "";
    stop();
    show(still || drawing.header.opens === "end" ? clock.n_steps : 0);
    model.step = clock.step;
    if (model.autoplay && !still) afterLoading(() => { if (clock.step === 0 && !playing) play(); });
  }

  function receive() {
    const bytes = bound?.data.packet;
    if (!bytes?.length) return;
    const {step, n_steps, share} = clock, atEnd = step >= n_steps;
    drawing.load(bytes);
    scrub.max = String(clock.n_steps);
    scrub.ariaLabel = unitAtStart();
    markArrivals();
    if (drawing.header.scene !== scene) begin();
    else if (playing) {
      clock.moveTo(step, share);
      paint();
    }
    else show(atEnd || step > clock.n_steps ? clock.n_steps : n_steps ? step : 0);
    sayAnew();
    bar.dataset.loads = String(Number(bar.dataset.loads ?? 0) + 1);
    const {number} = drawing.header; // told after the painting, so that no change waits behind another
    requestAnimationFrame(() => setTimeout(() => { if (drawing.header.number === number) model.drawn = number; }));
  }

  // The sources belong to figures that may be built after this bar.
  function bind() {
    if (!el.isConnected && bound) return;
    bound = drawing.find("packet");
    if (bound == null) setTimeout(bind, 30);
    else {
      // A message of Bokeh's that brings known models along sets them while it makes the others.
      bound.properties.data.change.connect(() => queueMicrotask(receive));
      receive();
    }
  }
  bind();
  setToggle();
  afterLoading(() => tellDisplay(model));
  return () => document.removeEventListener("keydown", onKey);
}
