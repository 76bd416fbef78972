// What only the browser knows or can do: who visits, how wide the page is, and saving a file.

import {tellDisplay} from "../ui/display.js";
import {afterLoading, element} from "../ui/dom.js";

const KEY = "egop-client-id";

/** Returns the random number that this browser keeps, "" where it keeps nothing. */
function clientId() {
  try {
    const known = window.localStorage.getItem(KEY) ?? "";
    if (/^[0-9a-f]{32}$/.test(known)) return known;
    const numbers = window.crypto.getRandomValues(new Uint8Array(16));
    const made = Array.from(numbers, (n) => n.toString(16).padStart(2, "0")).join("");
    window.localStorage.setItem(KEY, made);
    return made;
  } catch {
    return ""; // storage is switched off: runs are this page's until it is loaded again
  }
}

/** @param {string} text in base64 */
function bytesOf(text) {
  return Uint8Array.from(window.atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * @param {string} name
 * @param {string} type
 * @param {BlobPart[]} parts
 */
function save(name, type, parts) {
  const address = URL.createObjectURL(new Blob(parts, {type}));
  element("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** @param {Component<{client_id: string, narrow: boolean, dark: boolean, spoken: string}>} component */
export function render({model, el}) {
  /** @type {Map<number, BlobPart[]>} */
  const files = new Map();
  const spoken = element("div", {className: "spoken", role: "status"});
  el.append(spoken);

  model.on("msg:custom", (event) => {
    const {number, name, type, part, last} = event.data ?? event;
    if (part == null) return;
    const parts = [...files.get(number) ?? [], bytesOf(part)];
    files.set(number, parts);
    if (!last) return;
    files.delete(number);
    save(name, type, parts);
  });
  model.on("spoken", () => { spoken.textContent = model.spoken; });
  afterLoading(() => {
    model.client_id = clientId();
    tellDisplay(model);
  });
}
