// Buttons that say what a color, a dash and a marker mean; a press is told to the server.

import {button, element, svg} from "../../ui/dom.js";

/**
 * @typedef {object} Item
 * @property {string | number} value
 * @property {string} label
 * @property {string} color
 * @property {number[]} dash
 * @property {string} [marker] outline, of 12 units
 * @property {boolean} [filled]
 * @property {number} [opacity]
 */
/**
 * @typedef {object} Properties
 * @property {{group: string, label: string, items: Item[]}[]} groups
 * @property {Record<string, string | number>} pressed
 */

/** @param {Item} item */
function swatch({color, dash, marker = "", filled, opacity = 1}) {
  const ink = color || "currentColor";
  return svg(`<svg viewBox="0 0 32 14" width="32" height="14" aria-hidden="true" opacity="${opacity}">
    <path d="M1 7H31" stroke="${ink}" stroke-width="2.2" stroke-dasharray="${dash.join(" ")}"/>
    <path d="${marker}" transform="translate(16 7) scale(0.6)" fill="${filled ? ink : "none"}"
      stroke="${ink}" stroke-width="2.5"/></svg>`);
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
