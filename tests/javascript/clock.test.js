import assert from "node:assert/strict";
import {test} from "node:test";

import {Clock} from "../../egop/ui/clock.js";

/** Lets frames of 100 ms pass, at a speed; returns the steps that they show. */
function play(clock, frames, speed = 1) {
  const steps = [];
  clock.rest();
  for (let k = 0; k <= frames; k++) {
    clock.advance(100 * k, speed);
    steps.push(clock.step);
  }
  return steps;
}

test("without times all steps last alike, and all of them eight seconds", () => {
  const clock = new Clock();
  clock.set(8, null);
  const steps = play(clock, 81);
  assert.deepEqual([steps[0], steps[9], steps[11], steps[39], steps[41]], [0, 0, 1, 3, 4]);
  assert.deepEqual([steps[79], steps[81]], [7, 8]);
});

test("with times a step is shown when it is reached", () => {
  const clock = new Clock();
  clock.set(2, Float32Array.from([0, 0.75, 1]));
  const steps = play(clock, 80);
  assert.deepEqual([steps[59], steps[61], steps[79]], [0, 1, 1]);
});

test("twice the speed takes half of the time", () => {
  const clock = new Clock();
  clock.set(100, null);
  assert.equal(play(clock, 20, 2).at(-1), 50);
});

test("a rest, a hidden page and a long frame let no step be jumped over", () => {
  const clock = new Clock();
  clock.set(800, null);
  clock.advance(0, 1);
  clock.advance(60_000, 1); // at most 100 ms: 10 steps of 10 ms
  assert.equal(clock.step, 10);
  clock.advance(120_000, 0);
  clock.rest();
  clock.advance(999_000, 1);
  assert.equal(clock.step, 10);
});

test("the present step keeps the part of its time that has passed when the steps change", () => {
  const clock = new Clock();
  clock.set(8, null);
  play(clock, 15);
  assert.equal(clock.step, 1);
  assert.ok(Math.abs(clock.share - 0.5) < 1e-9);
  const {step, share} = clock;
  clock.set(80, null);
  clock.moveTo(step, share);
  assert.equal(clock.step, 1);
  assert.ok(Math.abs(clock.share - 0.5) < 1e-9);
});

test("times stay while the number of steps does", () => {
  const clock = new Clock();
  clock.set(2, Float32Array.from([0, 0.75, 1]));
  clock.set(2, null);
  assert.equal(play(clock, 50).at(-1), 0);
  clock.set(4, null);
  clock.moveTo(0);
  assert.equal(play(clock, 50).at(-1), 2);
});

test("it goes to the nearest step that there is", () => {
  const clock = new Clock();
  clock.set(10, null);
  for (const [to, step] of [[-3, 0], [2.6, 3], [11, 10], [Infinity, 10]]) {
    clock.moveTo(to);
    assert.equal(clock.step, step);
  }
});
