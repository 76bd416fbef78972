// Says that the connection is lost, loads the page again once the server answers, and keeps what
// was set for the page that is loaded then.

const KEY = "egop-scene";
const WORDS = "The connection is lost; what you set is kept here. Reconnecting …";
const STYLE = `position: fixed; inset: 60px 16px auto; z-index: 9998; margin: 0 auto;
  max-width: 560px; padding: 12px 18px; border-radius: 8px; background: #7a2e12; color: #fff;
  font: 15px/1.4 system-ui, sans-serif; text-align: center; box-shadow: 0 4px 18px #0006;`;
const PAUSE = 1500; // milliseconds between two looks for the server
const CROWD = 2000; // milliseconds within which the pages of a whole class come back
const ENTRIES = ["pointerdown", "mousedown", "touchstart", "click", "keydown", "input", "change"];
const FIELDS = "input, select, textarea, button, canvas, [role=tab], .bk-Figure";

function store(action) {
  try {
    return action(window.sessionStorage);
  } catch {
    return null; // storage is switched off or full
  }
}

// What is set while nobody listens would be lost; playback needs no server.
function refuse(event) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((node) => node.matches(".bar")) || !path.some((node) => node.matches(FIELDS))) return;
  event.stopImmediatePropagation();
  if (event.cancelable) event.preventDefault();
}

function say() {
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.style = STYLE;
  document.body.append(sentence);
  sentence.textContent = WORDS; // after it is there, or a screen reader would not say it
}

async function reconnect() {
  const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
  for (;;) {
    await wait(PAUSE + CROWD * Math.random());
    const script = document.querySelector("script[src*='/bokeh.min.js']").src;
    const asked = fetch(script, {method: "HEAD", cache: "no-store"});
    if ((await asked.catch(() => null))?.ok) break;
  }
  window.location.reload();
}

// A page that is still being built misses what the server does with it.
function onceShown(action) {
  const cover = document.getElementById("loader");
  const covered = cover != null && getComputedStyle(cover).display !== "none";
  if (covered) setTimeout(() => onceShown(action), 50);
  else action();
}

export function render({model}) {
  let lost = false;
  const lose = () => {
    if (lost) return;
    lost = true;
    say();
    for (const kind of ENTRIES) window.addEventListener(kind, refuse, {capture: true, passive: false});
    reconnect();
  };
  for (const each of window.Bokeh.documents) each.on_event("connection_lost", lose);

  model.on("kept", () => store((storage) => storage.setItem(KEY, model.kept)));
  const again = ["reload", "back_forward"];
  if (again.includes(performance.getEntriesByType("navigation")[0]?.type)) {
    const found = store((storage) => storage.getItem(KEY));
    if (found) onceShown(() => { model.restored = found; });
  } else {
    store((storage) => storage.removeItem(KEY));
  }
}
