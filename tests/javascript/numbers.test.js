import assert from "node:assert/strict";
import {test} from "node:test";

import {formatNumber, powerLabel, rateLabel, readNumber} from "../../egop/ui/numbers.js";

test("what is written is read again", () => {
  for (const value of [0, 0.25, -3, 148, 1.2e-5, -4.56e-7, 1e12, 9.99e-300])
    assert.equal(readNumber(formatNumber(value, 3)), value);
});

test("numbers are read as people type them", () => {
  for (const text of ["1.2e-5", "1.2×10⁻⁵", "1.2x10^-5", "1.2 * 10^-5", " 0.000012 ", "1.2·10⁻⁵"])
    assert.equal(readNumber(text), 1.2e-5, text);
  for (const text of ["10⁻³", "10^-3", "1e-3", ".001"]) assert.equal(readNumber(text), 1e-3, text);
  assert.equal(readNumber("−10⁴"), -1e4);
  assert.equal(readNumber("−2"), -2);
});

test("what is no number stays as it was typed", () => {
  for (const text of ["", "  ", "half", "1,5", "Infinity", "1e999", "1.2.3"])
    assert.equal(readNumber(text), text);
});

test("ticks are labelled at whole powers of ten", () => {
  assert.deepEqual([-12, -1, 0, 3, 0.5].map(powerLabel), ["10⁻¹²", "10⁻¹", "10⁰", "10³", ""]);
  const rates = ["10⁻⁴", "0.001", "0.1", "1", "1000", "10⁴", ""];
  assert.deepEqual([-4, -3, -1, 0, 3, 4, 1.5].map(rateLabel), rates);
});
