// The kinds of fields of a form: how each is made, and how it shows a value.

import {button, element} from "./dom.js";
import {formatNumber, readNumber} from "./numbers.js";
import {typeset} from "./typeset.js";

/**
 * @typedef {Record<string, any> & {kind: string, name: string, label: string}} Row of a form, as
 *   made by the functions of egop/ui/fields.py
 * @typedef {Record<string, any>} Values by the name of the field; "NAME:options" and "NAME:hint", too
 * @typedef {(name: string, value: unknown) => void} Tell what a person did with a field
 * @typedef {{node: HTMLElement, show?: (value: any, values: Values) => void,
 *   input?: HTMLInputElement, slot?: string}} Field on the page; `input` is typed into, `slot` is
 *   the name of one that shows messages
 */

/**
 * Returns a field with its label before it.
 * @param {Row} row
 * @param {HTMLElement} input
 */
function labeled(row, input) {
  const name = element("span", {className: "name"}, row.label);
  const className = ["field", ...["inline", "narrow"].filter((look) => row[look])].join(" ");
  return element("label", {className}, name, input);
}

/**
 * Returns an input into which something is typed.
 * @param {Row} row
 * @param {"text" | "number"} type
 * @param {Tell} tell
 */
function typed(row, type, tell) {
  const input = element("input", {type, autocomplete: "off", spellcheck: false, ariaLabel: row.label});
  input.addEventListener("change", () =>
    tell(row.name, type === "number" ? readNumber(input.value) : input.value));
  input.addEventListener("keydown", (event) => { // in a notebook's cell Enter alone changes nothing
    if (event.key !== "Enter") return;
    input.blur();
    input.focus({preventScroll: true});
  });
  return input;
}

/**
 * Returns a function that draws options where they are others than before.
 * @param {(options: Record<string, any>) => void} draw
 */
function whenChanged(draw) {
  let drawn = "";
  return (/** @type {Record<string, any>} */ options) => {
    const text = JSON.stringify(options);
    if (text !== drawn) draw(options);
    drawn = text;
  };
}

/**
 * Returns the options of a drop-down, some of them in groups.
 * @param {Record<string, any>} options
 * @returns {HTMLElement[]}
 */
export function optionsOf(options) {
  return Object.entries(options).map(([label, key]) => (typeof key === "object"
    ? element("optgroup", {label}, ...optionsOf(key)) : new Option(label, key)));
}

/**
 * Returns the options, or groups of options, but for some keys.
 * @param {Record<string, any>} options
 * @param {string[]} keys
 * @returns {Record<string, any>}
 */
export function without(options, keys) {
  return Object.fromEntries(Object.entries(options)
    .map(([label, key]) => [label, typeof key === "object" ? without(key, keys) : key])
    .filter(([, key]) => (typeof key === "object" ? Object.keys(key).length : !keys.includes(key))));
}

/**
 * Returns the groups among options.
 * @param {Record<string, any>} options
 */
function groupsOf(options) {
  return Object.fromEntries(Object.entries(options).filter(([, key]) => typeof key === "object"));
}

/**
 * Returns the options that are in no group, and those of the groups that are chosen.
 * @param {Record<string, any>} options
 * @param {string[]} chosen
 * @returns {Record<string, string>}
 */
export function shortList(options, chosen) {
  const grouped = Object.assign({}, ...Object.values(groupsOf(options)));
  const shown = {...options, ...grouped};
  return Object.fromEntries(Object.entries(shown).filter(([label, key]) =>
    typeof key === "string" && (!(label in grouped) || chosen.includes(key))));
}

/**
 * Returns a group of buttons.
 * @param {Row} row
 * @param {Tell} tell
 * @param {(key: string, value: any, all: string[]) => unknown} next the value after a press
 * @param {(value: any, key: string) => boolean} holds
 */
function buttons(row, tell, next, holds) {
  const group = element("div", {className: row.kind, role: "group", ariaLabel: row.label});
  /** @type {any} */
  let now = null;
  const draw = whenChanged((options) => {
    group.replaceChildren(...Object.entries(options).map(([label, key]) => {
      const press = button({}, () => {
        const value = next(key, now, Object.values(options));
        tell(row.name, value);
        mark(value);
      }, label);
      press.dataset.key = key;
      press.title = row.docs?.[key] ?? "";
      return press;
    }));
  });
  /** @param {any} value */
  function mark(value) {
    now = value;
    for (const each of /** @type {HTMLCollectionOf<HTMLElement>} */ (group.children))
      each.ariaPressed = String(holds(value, each.dataset.key ?? ""));
  }
  /** @type {Field["show"]} */
  const show = (value, values) => {
    draw(values[`${row.name}:options`] ?? row.options);
    mark(value);
  };
  return {group, show};
}

/**
 * Returns the keys that are chosen after a press on one of them, in the order of all.
 * @param {string} key
 * @param {string[]} chosen
 * @param {string[]} all
 */
export function toggled(key, chosen, all) {
  return all.filter((each) => chosen.includes(each) !== (each === key));
}

/**
 * Returns how a slider's places and its values belong together.
 * @param {Row} row
 */
export function scaleOf(row) {
  const whole = (/** @type {number} */ value) => (row.whole ? Math.max(1, Math.round(value)) : value);
  return {
    placeOf: (/** @type {number} */ value) => (row.log ? Math.log10(Math.max(value, 1e-300)) : Number(value)),
    valueAt: (/** @type {number} */ place) => whole(row.log ? Number((10 ** place).toPrecision(3)) : place),
    format: (/** @type {number} */ value) => (row.whole ? String(value) : formatNumber(value, 4)),
  };
}

/** @type {Record<string, (row: Row, tell: Tell) => Field>} */
export const KINDS = {
  choice(row, tell) {
    const select = element("select", {ariaLabel: row.label});
    select.addEventListener("change", () => tell(row.name, select.value));
    const draw = whenChanged((options) => select.replaceChildren(...optionsOf(options)));
    return {
      node: labeled(row, select),
      show(value, values) {
        draw(values[`${row.name}:options`] ?? row.options);
        select.value = value ?? "";
      },
    };
  },

  switch(row, tell) {
    const {group, show} = buttons(row, tell, (key) => key, (value, key) => value === key);
    return {node: group, show};
  },

  several(row, tell) {
    const add = element("select", {ariaLabel: row.add ?? row.label});
    const all = (/** @type {Values} */ values) => values[`${row.name}:options`] ?? row.options;
    /** @type {(name: string, value: any) => void} */
    const change = (name, value) => {
      tell(name, value);
      show(value, latest);
    };
    const {group, show: showButtons} = buttons(row, change, toggled, (value, key) => value.includes(key));
    /** @type {Values} */
    let latest = {};
    /** @type {string[]} */
    let now = [];
    /** @type {NonNullable<Field["show"]>} */
    const show = (value, values) => {
      [latest, now] = [values, value];
      showButtons?.(value, {[`${row.name}:options`]: shortList(all(values), value)});
      const others = without(groupsOf(all(values)), value);
      add.hidden = Object.keys(others).length === 0;
      add.replaceChildren(new Option(`${row.add} …`, ""), ...optionsOf(others));
    };
    add.addEventListener("change", () => change(row.name, [...now, add.value]));
    const head = element("span", {className: "name"}, row.label);
    const both = element("div", {className: "several"}, group, add);
    return {node: element("div", {className: "field"}, head, both), show};
  },

  slider(row, tell) {
    const {placeOf, valueAt, format} = scaleOf(row);
    const [low, high] = [placeOf(row.low), placeOf(row.high)];
    const range = element("input", {
      type: "range", min: String(low), max: String(high), step: row.step, ariaLabel: row.label,
    });
    const exact = typed({...row, label: `${row.label}, exactly`}, "text", (name, text) => {
      const value = readNumber(String(text));
      tell(name, value);
      if (typeof value === "number") draw(value);
    });
    Object.assign(exact, {className: "exact", inputMode: "decimal"});
    const hint = element("span", {className: "about", hidden: true});
    /** @param {number} value */
    function draw(value) {
      exact.value = format(value);
      range.value = String(placeOf(value));
      range.ariaValueText = exact.value;
      range.style.setProperty("--share", `${(100 * (Number(range.value) - low)) / (high - low)}%`);
    }
    range.addEventListener("input", () => {
      const {value: place} = range, value = valueAt(Number(place));
      draw(value);
      range.value = place; // rounding must not hold the thumb back
      tell(row.name, value);
    });
    const head = element("div", {className: "head"},
      ...(row.color ? [element("i", {className: "swatch"})] : []),
      element("span", {className: "name"}, row.label), exact);
    if (row.remove)
      head.append(button({className: "remove", title: row.remove, ariaLabel: row.remove}, row.removed, "×"));
    const node = element("div", {className: "field"}, head, range, hint);
    if (row.color) node.style.setProperty("--accent", row.color);
    return {
      node,
      input: exact,
      show(value, values) {
        hint.textContent = values[`${row.name}:hint`] ?? "";
        hint.hidden = !hint.textContent;
        draw(value);
      },
    };
  },

  number(row, tell) {
    const input = typed(row, "number", tell);
    Object.assign(input, {min: row.low ?? "", step: row.whole ? 1 : "any"});
    return {
      node: labeled(row, input),
      input,
      show(value) { // what is no number reads as "", and is kept
        if (!(value === "" && input.validity.badInput)) input.value = value;
      },
    };
  },

  text(row, tell) {
    const input = typed(row, "text", tell);
    if (row.typed) input.addEventListener("input", () => tell(`${row.name}:typed`, input.value));
    return {
      node: labeled(row, input),
      input,
      show(value, values) {
        input.value = value ?? "";
        input.placeholder = values[`${row.name}:hint`] ?? "";
      },
    };
  },

  check(row, tell) {
    const box = element("input", {type: "checkbox"});
    box.addEventListener("change", () => tell(row.name, box.checked));
    const node = element("label", {className: "tick"}, box, element("span", {}, row.label));
    return {node, show: (value) => { box.checked = Boolean(value); }};
  },

  button(row, tell) {
    const node = button({className: row.look ?? ""}, () => tell(row.name, null));
    return {
      node,
      show(value) {
        node.textContent = value?.label ?? value ?? "";
        node.disabled = Boolean(value?.disabled);
        node.hidden = !node.textContent;
      },
    };
  },

  listing() {
    const node = element("ul");
    return {node, show: (sentences) => node.replaceChildren(...sentences.map(
      (/** @type {string} */ each) => element("li", {}, each)))};
  },

  typeset(row) {
    const node = element("div", {className: "typeset", role: "img"});
    return {node, show: (latex) => { typeset(node, latex, row.label); }};
  },

  heading(row) {
    return {node: element("div", {className: "heading"}, row.label)};
  },

  slot: (row) => ({node: element("div", {id: `slot-${row.name}`}), slot: row.name}),
};
