import assert from "node:assert/strict";
import {test} from "node:test";

import {placeOf} from "../../egop/ui/explanations.js";
import {scaleOf, shortList, toggled, without} from "../../egop/ui/field_kinds.js";
import {isWanted, waitingTime} from "../../egop/ui/fields.js";

test("a field shows what is new, unless a hand is on it", () => {
  const field = {shown: "1", until: 0, typing: false};
  assert.equal(waitingTime(field, "2", 1000), 0);
  assert.equal(waitingTime(field, "1", 1000), Infinity);
  assert.equal(waitingTime(field, undefined, 1000), Infinity);
  assert.equal(waitingTime({...field, typing: true}, "2", 1000), Infinity);
  assert.equal(waitingTime({...field, until: 1600}, "2", 1000), 600);
  assert.equal(waitingTime({...field, until: 1600}, "2", 1700), 0);
});

test("a row is there where all of its conditions hold", () => {
  const when = {basis: ["egop", "own"], method: ["adam"]};
  assert.ok(isWanted(when, {basis: "own", method: "adam"}));
  assert.ok(!isWanted(when, {basis: "own", method: "adagrad"}));
  assert.ok(!isWanted(when, {method: "adam"}));
});

test("a press adds a key to those that are chosen or takes it away, in the order of all", () => {
  assert.deepEqual(toggled("a", ["c"], ["a", "b", "c"]), ["a", "c"]);
  assert.deepEqual(toggled("c", ["a", "c"], ["a", "b", "c"]), ["a"]);
});

test("options without some keys are in the same groups, and no group is empty", () => {
  const all = {First: {A: "a", B: "b"}, Second: {C: "c"}, D: "d"};
  assert.deepEqual(without(all, ["b", "d"]), {First: {A: "a"}, Second: {C: "c"}});
  assert.deepEqual(without(all, ["c"]), {First: {A: "a", B: "b"}, D: "d"});
});

test("a logarithmic slider has its powers of ten at equal distances", () => {
  const {placeOf: place, valueAt, format} = scaleOf({log: true});
  assert.deepEqual([1e-3, 1, 100].map(place), [-3, 0, 2]);
  assert.equal(valueAt(-1.5), 0.0316);
  assert.ok(Number.isFinite(place(0)));
  assert.equal(format(0.000123456), "1.235×10⁻⁴");
});

test("a slider of whole numbers has whole values, and writes all of their digits", () => {
  const {placeOf: place, valueAt, format} = scaleOf({log: true, whole: true});
  assert.equal(valueAt(1.234), 17);
  assert.equal(valueAt(-3), 1);
  assert.equal(place(100), 2);
  assert.equal(format(10_000), "10000");
  assert.equal(scaleOf({}).valueAt(0.123456), 0.123456);
});

test("an explanation stands below its term, above it at the foot of the page, and within the page", () => {
  const size = [200, 50], page = [800, 600];
  assert.deepEqual(placeOf({left: 300, top: 100, bottom: 120}, size, page), {left: 300, top: 126});
  assert.deepEqual(placeOf({left: 300, top: 560, bottom: 580}, size, page), {left: 300, top: 504});
  assert.equal(placeOf({left: 790, top: 0, bottom: 20}, size, page).left, 588);
  assert.equal(placeOf({left: -40, top: 0, bottom: 20}, size, page).left, 12);
  assert.equal(placeOf({left: 0, top: 10, bottom: 590}, size, page).top, 6);
});

test("options in groups have a button once they are chosen", () => {
  const options = {Adam: "adam", "For matrices": {Muon: "muon", SOAP: "soap"}};
  assert.deepEqual(shortList(options, ["soap"]), {Adam: "adam", SOAP: "soap"});
  assert.deepEqual(shortList({Adam: "adam"}, []), {Adam: "adam"});
});
