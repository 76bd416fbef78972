// The playback bar and its clock, below drawing.js in one module.
// Python is told the step only when playing ends; nothing else is ever sent while it plays.

const SECONDS_FOR_ALL = 8;
const WIDEST = 3.5; // ratio of a figure's sides up to which its landscape fills it
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

export function render({model, el}) {
  const page = new Page(model.prefix, (ratio) => {
    const wide = Math.min(WIDEST, Math.ceil(4 * ratio) / 4);
    if (wide > model.wide) model.wide = wide;
  });
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let step = 0, playing = false, speed = 2, last = null, time = 0, bound = null, scene = null;

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
  const track = document.createElement("div"), marks = document.createElement("div");
  track.className = "track";
  marks.className = "marks";
  track.append(scrub, marks);
  const text = document.createElement("output");
  const rate = document.createElement("button");
  rate.type = "button";
  rate.className = "speed";
  rate.addEventListener("click", () => setSpeed((speed + 1) % SPEEDS.length));
  const spoken = document.createElement("div");
  spoken.className = "spoken";
  spoken.setAttribute("aria-live", "polite");
  bar.append(track, text, rate, spoken);
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

  // What a step is called: its number, unless some were left out.
  function label(k) {
    return page.header?.labels?.[k] ?? k;
  }

  function named(word) {
    return word[0].toUpperCase() + word.slice(1);
  }

  function show(k) {
    step = Math.max(0, Math.min(page.n_steps, Math.round(k)));
    time = page.timeOf(step);
    page.draw(step);
    scrub.value = step;
    text.textContent = `${unit()} ${label(step)} / ${label(page.n_steps)}`;
    bar.dataset.step = step;
  }

  // How much of the present step's time has passed.
  function share() {
    const begun = page.timeOf(step), ends = page.timeOf(step + 1);
    return ends > begun ? (time - begun) / (ends - begun) : 0;
  }

  function tell() {
    model.step = step;
    const {words = "", arrivals = []} = page.header ?? {};
    const arrived = arrivals.filter((each) => each.step <= step).map((each) => `${each.words}.`);
    spoken.textContent = [`${named(unit())} ${label(step)} of ${label(page.n_steps)}.`, ...arrived, words].join(" ");
  }

  // Says which runs arrived between two steps, while it plays.
  function announce(before, now) {
    const passed = (page.header.arrivals ?? []).filter(({step: at}) => before < at && at <= now);
    if (passed.length) spoken.textContent = passed.map((each) => `${each.words}.`).join(" ");
  }

  // Where runs arrive, on the slider.
  function markArrivals() {
    marks.replaceChildren(...(page.header.arrivals ?? []).map(({step: at, words, color}) => {
      const mark = document.createElement("i");
      mark.style.setProperty("--at", at / Math.max(1, page.n_steps));
      mark.style.background = color;
      mark.title = words;
      return mark;
    }));
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
      const next = Math.min(1, time + (elapsed * SPEEDS[speed]) / SECONDS_FOR_ALL);
      const reached = page.stepAt(next);
      if (reached > step) {
        announce(step, reached);
        show(reached);
      }
      time = next;
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

  // Another scene begins at its first step and plays; where nothing may move it shows its end.
  function begin() {
    scene = page.header.scene;
    stop();
    show(still || page.header.opens === "end" ? page.n_steps : 0);
    model.step = step;
    if (model.autoplay && !still) onceShown(() => { if (step === 0 && !playing) play(); });
  }

  function receive() {
    const bytes = bound.data.packet;
    if (!bytes?.length) return;
    const atEnd = step >= page.n_steps;
    const before = page.n_steps, passed = share();
    page.load(bytes);
    scrub.max = page.n_steps;
    scrub.ariaLabel = named(unit());
    markArrivals();
    if (page.header.scene !== scene) begin();
    else if (playing) {
      show(step);
      time += passed * (page.timeOf(step + 1) - time);
    }
    else show(atEnd || step > page.n_steps ? page.n_steps : before ? step : 0);
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
