import assert from "node:assert/strict";
import {test} from "node:test";

import {actionOf} from "../../egop/ui/playback_keys.js";

const scrub = {tagName: "INPUT", type: "range"}, toggle = {tagName: "BUTTON"};
const on = (key, path = [], modifiers = {}) => actionOf({key, ...modifiers}, path, {scrub, toggle});

test("keys play, step, jump and set the speed", () => {
  assert.deepEqual(on(" "), {toggle: true});
  assert.deepEqual(on("ArrowRight"), {by: 1});
  assert.deepEqual(on("ArrowLeft", [], {shiftKey: true}), {by: -10});
  assert.deepEqual(on("Home"), {to: 0});
  assert.deepEqual(on("End"), {to: Infinity});
  assert.deepEqual(on("1"), {speed: 0});
  assert.deepEqual(on("5"), {speed: 4});
});

test("other keys, and keys of the browser, do nothing", () => {
  for (const key of ["6", "0", "a", "Enter", "Tab", "Escape"]) assert.equal(on(key), null);
  for (const modifier of ["ctrlKey", "metaKey", "altKey"])
    assert.equal(on("ArrowLeft", [], {[modifier]: true}), null);
});

test("what is typed or chosen elsewhere is left alone", () => {
  const text = {tagName: "INPUT", type: "text"}, area = {tagName: "TEXTAREA"};
  const other = {tagName: "INPUT", type: "range"}, edited = {tagName: "DIV", isContentEditable: true};
  for (const node of [text, area, other, edited]) assert.equal(on("1", [node]), null);
  for (const role of ["listbox", "menu", "slider", "tablist", "combobox"]) {
    assert.equal(on("ArrowRight", [{tagName: "DIV", role}]), null);
    assert.equal(on("ArrowRight", [{tagName: "LI"}, {getAttribute: () => role}]), null);
  }
  const scrolled = {classList: {contains: (name) => name === "scroll"}};
  assert.equal(on("End", [{tagName: "P"}, scrolled]), null);
});

test("the bar's own slider leaves its keys to the bar", () => {
  assert.deepEqual(on("ArrowRight", [scrub]), {by: 1});
});

test("the space bar presses the button that has the focus", () => {
  assert.equal(on(" ", [{tagName: "BUTTON"}]), null);
  assert.deepEqual(on(" ", [toggle]), {toggle: true});
  assert.deepEqual(on("ArrowRight", [{tagName: "BUTTON"}]), {by: 1});
});
