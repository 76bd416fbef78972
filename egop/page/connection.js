// Says that the connection is lost, loads the page again once the server answers, and keeps what
// was set for the page that is loaded then.

import {afterLoading, element, listen} from "../ui/dom.js";

const KEY = "egop-scene";
const WORDS = "The connection is lost; what you set is kept here. Reconnecting …";
const STYLE = `position: fixed; inset: 60px 16px auto; z-index: 9998; margin: 0 auto;
  max-width: 560px; padding: 12px 18px; border-radius: 8px; background: #7a2e12; color: #fff;
  font: 15px/1.4 system-ui, sans-serif; text-align: center; box-shadow: 0 4px 18px #0006;`;
const PAUSE = 1500; // milliseconds between two looks for the server
const CROWD = 2000; // milliseconds within which the pages of a whole class come back
const ENTRIES = ["pointerdown", "mousedown", "touchstart", "click", "keydown", "input", "change"];
const FIELDS = "input, select, textarea, button, canvas, [role=tab], .bk-Figure";

/**
 * Returns what an action with the storage returns, null where it is switched off or full.
 * @template Result
 * @param {(storage: Storage) => Result} action
 */
function store(action) {
  try {
    return action(window.sessionStorage);
  } catch {
    return null;
  }
}

/**
 * Stops an entry: what is set while nobody listens would be lost; playback needs no server.
 * @param {Event} event
 */
function refuse(event) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((node) => node.matches(".bar")) || !path.some((node) => node.matches(FIELDS))) return;
  event.stopImmediatePropagation();
  if (event.cancelable) event.preventDefault();
}

function say() {
  const sentence = element("p", {role: "alert"});
  sentence.style.cssText = STYLE;
  document.body.append(sentence);
  sentence.textContent = WORDS; // after it is there, or a screen reader would not say it
}

async function reconnect() {
  /** @type {HTMLScriptElement | null} */
  const script = document.querySelector("script[src*='/bokeh.min.js']");
  const address = script?.src ?? window.location.href;
  for (let answer = null; !answer?.ok;) {
    await new Promise((resolve) => { setTimeout(resolve, PAUSE + CROWD * Math.random()); });
    answer = await fetch(address, {method: "HEAD", cache: "no-store"}).catch(() => null);
  }
  window.location.reload();
}

/** @param {Component<{kept: string, restored: string}>} component */
export function render({model}) {
  let lost = false;
  const lose = () => {
    if (lost) return;
    lost = true;
    say();
    listen(window, ENTRIES, refuse, {capture: true, passive: false});
    reconnect();
  };
  for (const each of window.Bokeh.documents) each.on_event("connection_lost", lose);

  model.on("kept", () => store((storage) => storage.setItem(KEY, model.kept)));
  const [navigation] = performance.getEntriesByType("navigation");
  if (["reload", "back_forward"].includes(/** @type {PerformanceNavigationTiming} */ (navigation)?.type)) {
    const found = store((storage) => storage.getItem(KEY));
    if (found) afterLoading(() => { model.restored = found; }, Infinity);
  } else {
    store((storage) => storage.removeItem(KEY));
  }
}
