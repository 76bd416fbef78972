import assert from "node:assert/strict";
import {test} from "node:test";

import {cellAt} from "../../egop/explorer/views/heat.js";
import {nameOf} from "../../egop/ui/figure_text.js";
import {fitSquare} from "../../egop/ui/square_window.js";

/** A figure whose frame has a size, and the ends that its ranges were given. */
function figureOf(inner_width, inner_height, is_unset = false) {
  const given = {};
  const range = (name) => ({setv: (values) => { given[name] = values; }});
  const properties = {inner_width: {is_unset}, inner_height: {is_unset}};
  return {given, figure: {properties, inner_width, inner_height, x_range: range("x"), y_range: range("y")}};
}

test("a square is in the middle of a wide frame, with equal scales on both axes", () => {
  const {figure, given} = figureOf(600, 200);
  assert.equal(fitSquare(figure, [1, -2, 5]), 3);
  assert.deepEqual(given.x, {start: -14, end: 16, reset_start: -14, reset_end: 16});
  assert.deepEqual(given.y, {start: -7, end: 3, reset_start: -7, reset_end: 3});
});

test("a frame without a size is left alone", () => {
  for (const {figure, given} of [figureOf(600, 200, true), figureOf(0, 200), figureOf(600, NaN)]) {
    assert.equal(fitSquare(figure, [0, 0, 1]), 0);
    assert.deepEqual(given, {});
  }
});

test("the cell of a heat map under the pointer has its words, also beside the outermost cells", () => {
  const image = Object.assign(new Float64Array(6), {shape: [2, 3]});
  const data = {
    image: [image], x: [10], y: [0], dw: [30], dh: [2],
    rows: [["low", "high"]], columns: [["a", "b", "c"]], words: [["a0", "b0", "c0", "a1", "b1", "c1"]],
  };
  assert.deepEqual(cellAt(data, {x: 25, y: 1.5}), {row: "high", column: "b", words: "b1"});
  assert.deepEqual(cellAt(data, {x: 9, y: -1}), {row: "low", column: "a", words: "a0"});
  assert.deepEqual(cellAt(data, {x: 40, y: 2}), {row: "high", column: "c", words: "c1"});
});

test("a figure is called by its name and its titles", () => {
  const above = [{type: "Title", text: "f by step"}, {type: "Legend"}, {type: "Title", text: ""}];
  assert.equal(nameOf({above}, "Convergence"), "Convergence: f by step");
  assert.equal(nameOf({above: []}, ""), "");
});
