import assert from "node:assert/strict";
import {test} from "node:test";

import {highlight} from "../../egop/explorer/views/highlight.js";

/** Models of a page, as far as the script uses them. */
function page() {
  const figure = {x_range: {start: -10, end: 10}, y_range: {start: -5, end: 5}};
  const axes = () => ({data: {
    xs: [new Float32Array([0, 2]), new Float32Array([2, 4])], ys: [new Float32Array([1, 1]), new Float32Array([1, 3])],
    color: ["red", "blue"], label: ["v1", "v2"], width: [2.5, 2.5],
  }});
  const names = () => ({data: {x: [2, 4], y: [1, 3], text: ["v₁", "v₂"], color: ["red", "blue"]}});
  const models = {
    "p:left": figure, "p:left-axes": axes(), "p:left-axis-names": names(),
    "p:right": figure, "p:right-axes": axes(), "p:right-axis-names": names(),
  };
  const none = {data: {k: []}};
  const spectrum = {data: {
    k: [1, 2, 12], color: ["red", "blue", "gray"],
    left_x: [1, 0, 0.6], left_y: [0, 1, 0.8], right_x: [1, 0, 0.8], right_y: [0, 1, -0.6],
  }};
  const document = {get_model_by_name: (name) => models[name] ?? null};
  const point = (x, event_name = "mousemove", curve = none) =>
    highlight({prefix: "p", spectrum, curve}, {event_name, x, origin: {document}});
  return {models, point};
}

test("the eigenvector under the pointer is a thick third line through the middle of the first", () => {
  const {models, point} = page();
  point(1.8);
  const {xs, ys, label, width, color} = models["p:left-axes"].data;
  assert.deepEqual(label, ["v1", "v2", "v2"]);
  assert.deepEqual(width, [2.5, 2.5, 7]);
  assert.deepEqual(color, ["red", "blue", "blue"]);
  assert.deepEqual([...xs[2]], [0, 0]);
  assert.deepEqual([...ys[2]].map((y) => y.toFixed(4)), ["-1.1000", "3.1000"]);
  assert.deepEqual(models["p:left-axis-names"].data.text, ["v₁", "v₂"]);
});

test("one that is no axis also gets its name", () => {
  const {models, point} = page();
  models["p:left-axes"].data.label = ["v1", "v2"];
  point(3);
  assert.deepEqual(models["p:right-axis-names"].data.text, ["v₁", "v₂", "v₃"]);
  assert.equal(models["p:right-axis-names"].data.color[2], "gray");
});

test("when the pointer leaves, or is beside the spectrum, the axes alone remain", () => {
  for (const leave of [(point) => point(2, "mouseleave"), (point) => point(0.2), (point) => point(9)]) {
    const {models, point} = page();
    point(2);
    leave(point);
    assert.deepEqual(models["p:left-axes"].data.label, ["v1", "v2"]);
    assert.deepEqual(models["p:right-axis-names"].data.text, ["v₁", "v₂"]);
  }
});

test("what is shown already is not drawn again", () => {
  const {models, point} = page();
  point(2);
  const {data} = models["p:left-axes"];
  point(2.2);
  assert.equal(models["p:left-axes"].data, data);
});
