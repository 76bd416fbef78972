import assert from "node:assert/strict";
import {test} from "node:test";

import {formatNumber, readNumber} from "../../egop/ui/numbers.js";

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
