// The parts of the page in the browser's address: new ones become entries of its history, Back and
// Forward are told to the server. Other parts of the address stay as they are.

import {listen} from "../ui/dom.js";

const PARTS = ["page", "tab", "run"];

/**
 * Returns the page's own parts of an address, and the others.
 * @param {string} search
 */
export function split(search) {
  const own = new URLSearchParams(), others = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search))
    (PARTS.includes(name) ? own : others).append(name, value);
  return {own, others};
}

/** @param {(URLSearchParams | string)[]} parts */
export function joined(...parts) {
  const text = parts.map(String).filter((part) => part !== "").join("&");
  return text === "" ? "" : `?${text}`;
}

/** @param {Component<{search: string}>} component */
export function render({model}) {
  model.on("search", () => {
    const {pathname, search, hash} = window.location;
    const {own, others} = split(search);
    if (model.search !== joined(own))
      window.history.pushState(null, "", pathname + joined(others, model.search.slice(1)) + hash);
  });
  model.on("remove", listen(window, ["popstate"], () => {
    model.search = joined(split(window.location.search).own);
  }));
}
