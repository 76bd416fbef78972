// Rows of runs: their state, their progress, and what can be done with each. Only rows that changed
// are drawn again, so that focus, a name that is being typed and an open menu stay; and none is while
// it is pressed: a button that is replaced between a press and its release is never clicked.

import {button, element, focused, icon, listen} from "../ui/dom.js";

/**
 * @typedef {"pause" | "continue" | "cancel" | "rename" | "delete" | "download"} Action
 * @typedef {object} Row as made by egop/lab/run_row_format.py
 * @property {string} name
 * @property {string} label
 * @property {boolean} can_open
 * @property {boolean} checked
 * @property {string} state
 * @property {string} state_text
 * @property {number | null} progress
 * @property {string} progress_text
 * @property {string} facts
 * @property {string} error
 * @property {Action[]} actions
 */
/**
 * @typedef {object} Properties
 * @property {Row[]} rows
 * @property {string} empty
 * @property {string} title
 * @property {boolean} opens
 * @property {Record<string, string>} downloads
 */

/** @type {Record<Action, {words: string, path: string}>} */
const ACTIONS = {
  pause: {words: "Pause", path: "M6 5h4v14H6zM14 5h4v14h-4z"},
  continue: {words: "Continue", path: "M7 4v16l13-8z"},
  cancel: {words: "Cancel", path: "M6 6h12v12H6z"},
  rename: {words: "Rename", path: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4"},
  delete: {words: "Delete", path: "M6 8h12l-1 13H7zM4 5h16v2H4zM9 3h6v2H9z"},
  download: {words: "Download", path: "M11 3h2v9h4l-5 6-5-6h4zM4 19h16v2H4z"},
};

/** @param {Action} action */
function actionIcon(action) {
  return element("span", {className: "icon"}, icon(ACTIONS[action].path));
}

/**
 * Returns a row's state, with a bar while it runs.
 * @param {Row} row
 */
function stateOf(row) {
  const state = row.state_text === "damaged" ? "failed" : row.state;
  const parts = [element("span", {className: `said ${state}`},
    element("span", {className: "dot"}), element("span", {}, row.state_text))];
  if (row.progress)
    parts.push(element("progress", {max: 1, value: row.progress, ariaLabel: `Progress of ${row.label}`}));
  if (row.progress_text) parts.push(element("span", {className: "far"}, row.progress_text));
  return element("div", {className: "state"}, ...parts);
}

/** @param {Component<Properties>} component */
export function render({model, el}) {
  const list = element("ul", {className: "runs", ariaLabel: model.title});
  const empty = element("p", {className: "empty"});
  el.append(list, empty);
  /** @type {Map<string, {json: string, item: HTMLLIElement}>} */
  const known = new Map();
  /** @type {HTMLLIElement | null} */
  let pressed = null;
  /**
   * @param {string} act
   * @param {string} name
   * @param {unknown} [value]
   */
  const tell = (act, name, value = "") => model.send_msg({act, name, value});

  /**
   * Returns an element that is found again by its key when its row is drawn anew.
   * @template {HTMLElement} Made
   * @param {string} key
   * @param {Made} made
   */
  function keyed(key, made) {
    made.dataset.key = key;
    return made;
  }

  /**
   * @param {Row} row
   * @param {Action} act
   */
  function actionButton(row, act) {
    const {words} = ACTIONS[act];
    const press = () => (act === "rename" ? rename(row) : tell(act, row.name));
    return keyed(act, button({className: `act ${act}`, title: words, ariaLabel: `${words} ${row.label}`},
      press, actionIcon(act)));
  }

  /** @param {Row} row */
  function download(row) {
    const menu = keyed("download", element("select", {ariaLabel: `Download ${row.label}`},
      new Option("Download …", ""), ...Object.entries(model.downloads).map(([kind, words]) => new Option(words, kind))));
    menu.addEventListener("change", () => {
      if (menu.value) tell("download", row.name, menu.value);
      menu.value = "";
    });
    return element("span", {className: "act pick", title: ACTIONS.download.words}, actionIcon("download"), menu);
  }

  /** @param {Row} row */
  function rename(row) {
    const item = known.get(row.name)?.item, place = item?.querySelector(".label");
    if (item == null || place == null || item.querySelector("input.typed")) return;
    const field = element("input", {
      className: "typed", type: "text", value: row.label, maxLength: 80, ariaLabel: `New name of ${row.label}`,
    });
    let left = false;
    const done = (/** @type {boolean} */ keep) => {
      if (left) return;
      left = true; // a field that is taken away loses its focus as well
      const text = field.value.trim();
      field.replaceWith(place);
      if (keep && text !== row.label) tell("rename", row.name, text);
      focusOn(item, "rename");
      draw();
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") {
        event.preventDefault(); // else it presses the button that gets the focus, and renames again
        done(true);
      }
      if (event.key === "Escape") done(false);
    });
    field.addEventListener("blur", () => done(true));
    place.replaceWith(field);
    field.focus();
    field.select();
  }

  /**
   * @param {Element} item
   * @param {string} key
   */
  function focusOn(item, key) {
    /** @type {HTMLElement | null} */
    const found = item.querySelector(`[data-key="${key}"]`);
    found?.focus();
  }

  /** @param {Row} row */
  function label(row) {
    if (!row.can_open || !model.opens) return element("span", {className: "label still"}, row.label);
    return keyed("open", button({className: "label"}, () => tell("open", row.name), row.label));
  }

  /** @param {Row} row */
  function check(row) {
    const box = keyed("check", element("input", {
      type: "checkbox", checked: row.checked, disabled: !row.can_open, ariaLabel: `Compare ${row.label}`,
    }));
    box.addEventListener("change", () => tell("check", row.name, box.checked));
    return element("label", {className: "check"}, box);
  }

  /**
   * @param {HTMLLIElement} item
   * @param {Row} row
   */
  function fill(item, row) {
    const active = focused(el), key = item.contains(active) ? active?.dataset.key : null;
    const who = element("div", {className: "who"}, label(row), element("div", {className: "facts"}, row.facts));
    if (row.error) who.append(element("div", {className: "error"}, row.error));
    const acts = element("div", {className: "acts"},
      ...row.actions.map((act) => (act === "download" ? download(row) : actionButton(row, act))));
    item.className = `run ${row.state}`;
    item.dataset.name = row.name;
    item.replaceChildren(...(model.opens ? [check(row)] : []), who, stateOf(row), acts);
    if (key != null) focusOn(item, key);
  }

  /** @param {HTMLLIElement} item */
  function busy(item) {
    const active = focused(el);
    return item === pressed || item.querySelector("input.typed") != null
      || (item.contains(active) && active?.tagName === "SELECT");
  }

  function draw() {
    const names = new Set(model.rows.map((row) => row.name));
    for (const [name, {item}] of known) {
      if (names.has(name)) continue;
      item.remove();
      known.delete(name);
    }
    /** @type {HTMLLIElement | null} */
    let before = null;
    for (const row of model.rows) {
      const json = JSON.stringify(row), entry = known.get(row.name) ?? {json: "", item: element("li")};
      known.set(row.name, entry);
      if (entry.json !== json && !busy(entry.item)) {
        fill(entry.item, row);
        entry.json = json;
      }
      /** @type {ChildNode | null} */
      const next = before == null ? list.firstChild : before.nextSibling;
      if (next !== entry.item) list.insertBefore(entry.item, next);
      before = entry.item;
    }
    empty.textContent = model.empty;
    empty.hidden = model.rows.length > 0 || !model.empty;
    list.hidden = model.rows.length === 0;
    el.dataset.draws = String(Number(el.dataset.draws ?? 0) + 1);
  }

  function release() {
    if (pressed == null) return;
    setTimeout(() => { // after the click
      pressed = null;
      draw();
    });
  }
  listen(list, ["pointerdown", "keydown"], (event) => { pressed = event.target.closest("li"); });
  for (const name of ["rows", "empty"]) model.on(name, draw);
  draw();
  return listen(window, ["pointerup", "pointercancel", "keyup", "blur"], release);
}
