// Asks Python until it answers; a sentence says so where it does not.

import {element} from "./dom.js";

const WORDS = "No Python answers here, so the controls do nothing: open the notebook and run this cell.";
const PATIENCE = 10; // seconds, in which a busy kernel answers too
const PAUSE = 1000; // milliseconds between two questions

/** @param {Component<{answers: boolean, asked: number}>} component */
export function render({model}) {
  const sentence = element("p", {role: "status", hidden: true});
  let left = PATIENCE;
  const timer = setInterval(() => {
    if (model.answers) return;
    model.asked = model.asked + 1;
    left -= 1;
    if (left > 0 || !sentence.hidden) return;
    sentence.hidden = false;
    sentence.textContent = WORDS; // after it is there, or a screen reader would not say it
  }, PAUSE);
  const settle = () => {
    if (!model.answers) return;
    clearInterval(timer);
    sentence.hidden = true;
  };
  model.on("answers", settle);
  model.on("remove", () => clearInterval(timer));
  settle();
  return sentence;
}
