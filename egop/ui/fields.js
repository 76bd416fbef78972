// A form of the browser's own inputs, built from rows of plain data. What a person does is told at
// most once a frame; what the server shows waits while a hand is on the field it belongs to.

import {button, element} from "./dom.js";
import {explainTerms} from "./explanations.js";
import {KINDS, optionsOf, without} from "./field_kinds.js";

/** @typedef {import("./field_kinds.js").Row} Row */
/** @typedef {import("./field_kinds.js").Field} Field */
/** @typedef {{rows: Row[], values: Record<string, any>, messages: Record<string, [string, string]>}} Properties */
/** @typedef {Field & {shown?: string, until: number, typing: boolean}} HeldField */

const HELD = 600; // milliseconds after a change in which the field is its owner's

/**
 * Returns whether another value waits for a field: 0 if it can be shown, the milliseconds until then,
 * Infinity if nothing is to be done.
 * @param {{shown?: string, until: number, typing: boolean}} field
 * @param {string | undefined} value as JSON
 * @param {number} now
 */
export function waitingTime(field, value, now) {
  if (value === undefined || field.shown === value || field.typing) return Infinity;
  return Math.max(0, field.until - now);
}

/**
 * Returns true if every condition of a row holds.
 * @param {Record<string, unknown[]>} when the values of other fields with which the row is there
 * @param {Record<string, unknown>} values
 */
export function isWanted(when, values) {
  return Object.entries(when).every(([name, wanted]) => wanted.includes(values[name]));
}

/**
 * Returns a question mark that explains a field to pointers, fingers and keys.
 * @param {Row} row
 */
function explanation(row) {
  // without the click's default the label's field stays as it is
  const made = button({className: "why", ariaLabel: `About ${row.label}`, ariaDescription: row.doc},
    (event) => event.preventDefault(), "?");
  made.dataset.explanation = row.doc;
  return made;
}

class Form {
  /** @type {Map<string, HeldField>} */
  #fields = new Map();
  /** @type {Map<string, HTMLElement>} */
  #slots = new Map();
  /** @type {{node: HTMLElement, when: Record<string, unknown[]>}[]} */
  #conditions = [];
  /** @type {{node: HTMLElement, inside: HTMLElement}[]} */
  #folds = [];
  /** @type {Map<string, unknown>} */
  #told = new Map();
  #frame = 0;
  #timer = 0;
  #model;
  #el;

  /** @param {Component<Properties>} component */
  constructor({model, el}) {
    this.#model = model;
    this.#el = el;
    this.#build();
    model.on("rows", () => this.#build());
    model.on("values", () => this.#show());
    model.on("messages", () => this.#say());
  }

  #build() {
    this.#fields.clear();
    this.#slots.clear();
    this.#conditions = [];
    this.#folds = [];
    const form = element("div", {className: "form"}, ...this.#model.rows.map((row) => this.#make(row)));
    this.#el.querySelector(".form")?.remove();
    this.#el.append(form);
    this.#show();
    this.#say();
  }

  /** @param {Row} row */
  #make(row) {
    const node = row.kind === "fold" ? this.#fold(row) : row.kind === "line" ? this.#line(row)
      : row.kind === "foot" ? element("div", {className: "foot"}, ...this.#rows(row))
      : row.kind === "rates" ? this.#rates(row) : this.#field(row);
    if (row.doc) (node.querySelector(".name") ?? node).append(explanation(row));
    if (row.when) this.#conditions.push({node, when: row.when});
    return node;
  }

  /**
   * Makes the rows that a row holds.
   * @param {Row} row
   * @returns {HTMLElement[]}
   */
  #rows(row) {
    return row.rows.map((/** @type {Row} */ each) => this.#make(each));
  }

  /** @param {Row} row */
  #field(row) {
    const field = KINDS[row.kind](row, (name, value) => this.#tell(name, value));
    if (field.slot) this.#slots.set(field.slot, field.node);
    else if (row.name) { // and no heading, which has no value
      const held = {...field, until: 0, typing: false};
      this.#fields.set(row.name, held);
      for (const kind of ["input", "change", "blur"]) // what is being typed is nobody else's to replace
        field.input?.addEventListener(kind, () => {
          held.typing = kind === "input";
          if (kind === "blur") this.#show();
        });
    }
    return field.node;
  }

  /**
   * Makes fields in one line; the sentence of a slot among them describes the buttons that follow it.
   * @param {Row} row
   */
  #line(row) {
    const node = element("div", {className: "line"}, ...this.#rows(row));
    const slot = row.rows.find((/** @type {Row} */ each) => each.kind === "slot");
    for (const each of slot ? node.querySelectorAll("button") : [])
      each.setAttribute("aria-describedby", `slot-${slot.name}`);
    return node;
  }

  /** @param {Row} row */
  #fold(row) {
    const inside = element("div", {className: "inside", hidden: true}, ...this.#rows(row));
    const opener = button({className: "fold", ariaExpanded: "false"}, () => {
      inside.hidden = !inside.hidden;
      opener.ariaExpanded = String(!inside.hidden);
      if (!inside.hidden) inside.scrollIntoView({block: "nearest"});
    }, row.label);
    const node = element("div", {}, opener, inside);
    this.#folds.push({node, inside});
    return node;
  }

  /**
   * Makes the sliders of the chosen methods, and a drop-down that adds another one.
   * @param {Row} row
   */
  #rates(row) {
    const list = element("div", {className: "form"}), add = element("select", {ariaLabel: row.label});
    /** @type {string[]} */
    let now = [];
    /** @type {Record<string, any>} */
    let offered = Object.fromEntries(Object.entries(row.methods).map(([key, each]) => [each.title, key]));
    const show = (/** @type {string[]} */ keys, /** @type {Record<string, any>} */ values = {}) => {
      now = keys;
      offered = values[`${row.name}:options`] ?? offered;
      for (const name of [...this.#fields.keys()])
        if (name.startsWith("rate:") && !keys.includes(name.slice(5))) this.#fields.delete(name);
      list.replaceChildren(...keys.map((key) => {
        const slider = {...row.methods[key], removed: () => change(now.filter((each) => each !== key))};
        return this.#fields.get(slider.name)?.node ?? this.#field(slider);
      }));
      queueMicrotask(() => this.#show());
      add.replaceChildren(new Option("Add a method …", ""), ...optionsOf(without(offered, keys)));
      add.hidden = add.options.length === 1;
    };
    /** @param {string[]} next */
    const change = (next) => {
      this.#tell(row.name, next);
      show(next);
    };
    add.addEventListener("change", () => change([...now, add.value]));
    const node = element("div", {className: "form"}, list, add);
    this.#fields.set(row.name, {node, show, until: 0, typing: false});
    return node;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  #tell(name, value) {
    const field = this.#fields.get(name.split(":typed")[0]);
    if (field) field.until = performance.now() + HELD;
    this.#told.delete(name);
    this.#told.set(name, value);
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const told = [...this.#told];
      this.#told.clear();
      for (const [each, what] of told) this.#model.send_msg({name: each, value: what});
    });
  }

  #show() {
    const {values} = this.#model, now = performance.now();
    let next = Infinity;
    for (const [name, field] of [...this.#fields]) {
      const shown = [values[name], values[`${name}:options`], values[`${name}:hint`]];
      const key = values[name] === undefined ? undefined : JSON.stringify(shown);
      const wait = waitingTime(field, key, now);
      if (wait > 0) next = Math.min(next, wait);
      else {
        field.shown = key;
        field.node.hidden = values[name] === null;
        if (values[name] !== null) field.show?.(values[name], values);
      }
    }
    clearTimeout(this.#timer);
    if (next < Infinity) this.#timer = setTimeout(() => this.#show(), next + 1);
    for (const {node, when} of this.#conditions) node.hidden = !isWanted(when, values);
    for (const {node, inside} of this.#folds)
      node.hidden = [.../** @type {HTMLCollectionOf<HTMLElement>} */ (inside.children)].every((each) => each.hidden);
  }

  #say() {
    for (const [name, node] of this.#slots) {
      const [kind, sentence] = this.#model.messages[name] ?? ["", ""];
      const isNew = node.textContent !== sentence;
      if (isNew) node.textContent = sentence;
      node.className = sentence ? `egop-${kind}` : "";
      node.role = kind === "error" ? "alert" : "status";
      node.hidden = !sentence;
      if (isNew && sentence && kind === "error") node.scrollIntoView({block: "nearest"});
    }
  }
}

/** @param {Component<Properties>} component */
export function render(component) {
  explainTerms();
  new Form(component);
}
