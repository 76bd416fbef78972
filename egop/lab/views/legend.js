// Buttons that say what a color, a dash and a marker mean; a press is told to the server.

import {button, element, svg} from "../../ui/dom.js";

/**
 * @typedef {object} Item
 * @property {string | number} value
 * @property {string} label
 * @property {string} color
 * @property {number[]} dash
 * @property {string} [marker]
 * @property {boolean} [filled]
 * @property {number} [opacity]
 */
/**
 * @typedef {object} Properties
 * @property {{group: string, label: string, items: Item[]}[]} groups
 * @property {Record<string, string | number>} pressed
 */

/** @type {Record<string, string>} */
const SHAPES = {
  circle: '<circle cx="16" cy="7" r="3.6"/>',
  square: '<rect x="12.6" y="3.6" width="6.8" height="6.8"/>',
  diamond: '<path d="M16 2.4l4 4.6-4 4.6-4-4.6z"/>',
  triangle: '<path d="M16 2.8l4.4 7.6h-8.8z"/>',
  hex: '<path d="M13.8 3.2h4.4l2.2 3.8-2.2 3.8h-4.4L11.6 7z"/>',
};

/** @param {Item} item */
function swatch({color, dash, marker = "", filled, opacity = 1}) {
  const ink = color || "currentColor";
  return svg(`<svg viewBox="0 0 32 14" width="32" height="14" aria-hidden="true" opacity="${opacity}">
    <path d="M1 7H31" stroke="${ink}" stroke-width="2.2" stroke-dasharray="${dash.join(" ")}"/>
    <g fill="${filled ? ink : "none"}" stroke="${ink}" stroke-width="1.5">${SHAPES[marker] ?? ""}</g></svg>`);
}

/** @param {Component<Properties>} component */
export function render({model, el}) {
  const key = element("div", {className: "key"});
  /** @type {{group: string, value: string | number, press: HTMLButtonElement}[]} */
  let buttons = [];
  el.append(key);

  function mark() {
    for (const {group, value, press} of buttons) press.ariaPressed = String(model.pressed[group] === value);
  }

  function draw() {
    buttons = model.groups.flatMap(({group, items}) => items.map((item) => {
      const {value, label} = item, title = `Highlight ${label} in every figure`;
      const press = button({title}, () => model.send_msg([group, value]), swatch(item), label);
      return {group, value, press};
    }));
    key.replaceChildren(...model.groups.map(({group, label}) => element("div",
      {className: "group", role: "group", ariaLabel: `Highlight: ${label}`},
      ...buttons.filter((each) => each.group === group).map(({press}) => press))));
    mark();
  }
  model.on("groups", draw);
  model.on("pressed", mark);
  draw();
}
