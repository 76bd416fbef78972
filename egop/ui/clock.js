// The time of playback, from 0 to 1, and the step that it has reached.

import {lastAt} from "./packet.js";

const SECONDS_FOR_ALL = 8; // at the speed 1
const LONGEST_FRAME = 100; // milliseconds; after a longer one, playback goes on where it was

export class Clock {
  n_steps = 0;
  step = 0;
  #time = 0;
  /** @type {Float32Array | null} */
  #times = null;
  /** @type {number | null} */
  #last = null;

  /**
   * Sets the number of steps; the time of the present step stays.
   * @param {number} n_steps
   * @param {Float32Array | null} times when each step is reached; without them all last alike, or,
   *   if there are as many steps as before, as before
   */
  set(n_steps, times) {
    if (times != null || n_steps !== this.n_steps) this.#times = times;
    this.n_steps = n_steps;
  }

  /** Returns the part of the present step's time that has passed. */
  get share() {
    const begun = this.#timeOf(this.step), ends = this.#timeOf(this.step + 1);
    return ends > begun ? (this.#time - begun) / (ends - begun) : 0;
  }

  /**
   * Goes to the nearest step that there is.
   * @param {number} step
   * @param {number} [share] of the step's time that has passed
   */
  moveTo(step, share = 0) {
    this.step = Math.max(0, Math.min(this.n_steps, Math.round(step)));
    const begun = this.#timeOf(this.step);
    this.#time = begun + share * (this.#timeOf(this.step + 1) - begun);
  }

  /** Lets no time pass until the frame after the next. */
  rest() {
    this.#last = null;
  }

  /**
   * Lets the time pass until a frame, and goes to the step that it reaches.
   * @param {number} now in milliseconds
   * @param {number} speed 0: the frame is drawn, but no time passes
   */
  advance(now, speed) {
    const elapsed = this.#last == null ? 0 : Math.min(now - this.#last, LONGEST_FRAME) / 1000;
    this.#last = now;
    this.#time = Math.min(1, this.#time + (elapsed * speed) / SECONDS_FOR_ALL);
    this.step = Math.max(this.step, this.#stepAt(this.#time));
  }

  /** @param {number} step */
  #timeOf(step) {
    const known = Math.min(step, this.n_steps);
    return this.#times ? this.#times[known] : known / Math.max(1, this.n_steps);
  }

  /** @param {number} time */
  #stepAt(time) {
    return this.#times ? lastAt(this.#times, time) : Math.floor(time * this.n_steps);
  }
}
