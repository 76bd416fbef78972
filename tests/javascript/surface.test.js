import assert from "node:assert/strict";
import {test} from "node:test";

import {Camera, HEIGHT, HOME, Mesh, turnedView} from "../../egop/explorer/views/surface_geometry.js";
import {PathOnSurface, tint} from "../../egop/explorer/views/surface_painting.js";

const N = 21;
const meshOf = (f) => new Mesh(Float32Array.from({length: N * N}, (_, k) =>
  f(-1 + (2 * (k % N)) / (N - 1), -1 + (2 * Math.floor(k / N)) / (N - 1))));
const plane = meshOf((u, v) => 0.5 + 0.25 * u - 0.125 * v);
const ridge = meshOf((u, v) => Math.exp(-40 * v * v));
const close = (a, b, tolerance = 1e-6) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);

test("from above, the axes are those of the screen", () => {
  const camera = new Camera({azimuth: 0, elevation: 90});
  const [x, y] = camera.see(0.3, 0.7, 0.9);
  close(x, 0.3);
  close(y, -0.7);
});

test("from the side, only the height is seen", () => {
  const [x, y] = new Camera({azimuth: 0, elevation: 0}).see(0.3, 0.7, 1);
  close(x, 0.3);
  close(y, -0.5 * HEIGHT);
});

test("a turn by 90 degrees brings the second axis to where the first one was", () => {
  const [before, after] = [0, 90].map((azimuth) => new Camera({azimuth, elevation: 40}));
  const [[x0, y0], [x1, y1]] = [before.see(0.4, -0.2, 0.5), after.see(-0.2, -0.4, 0.5)];
  close(x0, x1);
  close(y0, y1);
});

test("everything is on the canvas from everywhere", () => {
  for (const azimuth of [-170, -32, 0, 45, 130]) for (const elevation of [8, 36, 88]) {
    const camera = new Camera({azimuth, elevation}).fit(ridge.points, 400, 300);
    for (const point of ridge.points) {
      const [x, y] = camera.see(...point);
      assert.ok(x > 54 && x < 346 && y > 11 && y < 277);
    }
  }
});

test("the height between the points is that of the plane through them", () => {
  for (const [u, v] of [[0, 0], [0.123, -0.456], [-1, 1], [1, -1]])
    close(plane.height(u, v), 0.5 + 0.25 * u - 0.125 * v, 1e-5);
});

test("a ridge hides what is behind it, and only that", () => {
  const camera = new Camera({azimuth: 0, elevation: 20}); // the eye is at v = −∞
  assert.equal(ridge.hides(camera, 0, 0.4, 0), true);
  assert.equal(ridge.hides(camera, 0, -0.4, 0), false);
  assert.equal(ridge.hides(camera, 0, 0.4, 1), false);
  assert.equal(ridge.hides(new Camera({azimuth: 0, elevation: 88}), 0, 0.4, 0), false);
});

test("where f is not defined nothing is drawn", () => {
  const hole = meshOf((u, v) => (u > 0.5 ? NaN : v * v));
  assert.ok(Number.isNaN(hole.shading(N - 2, 3).mean));
  assert.ok(hole.points.every((point) => point.every(Number.isFinite)));
});

test("a slope toward the light is brighter than one away from it", () => {
  const up = meshOf((u) => 0.5 - 0.4 * u).shading(3, 3), down = meshOf((u) => 0.5 + 0.4 * u).shading(3, 3);
  assert.ok(up.shade > down.shade);
  assert.equal(tint(["#000000", "#ffffff"], {mean: 1, shade: 0.5}), "rgb(128,128,128)");
});

test("it turns around and around, and tilts within limits", () => {
  assert.deepEqual(turnedView(HOME, {}), HOME);
  assert.equal(turnedView(HOME, {azimuth: 190}).azimuth, -170);
  assert.equal(turnedView(HOME, {azimuth: -541}).azimuth, 179);
  assert.equal(turnedView(HOME, {elevation: 120}).elevation, 88);
  assert.equal(turnedView(HOME, {elevation: 0}).elevation, 8);
});

test("a path is cut where the surface hides it and where it is not known", () => {
  const camera = new Camera({azimuth: 0, elevation: 20});
  const vs = [-0.6, -0.5, NaN, -0.4, -0.3, 0.3, 0.4, 0.5];
  const points = {
    xs: new Float32Array(vs.length), ys: Float32Array.from(vs), zs: new Float32Array(vs.length),
  };
  const path = new PathOnSurface({color: "#000000", dash: [], outline: ""});
  path.extend(ridge, camera, points);
  const [first, second] = path.parts(false), [hidden, ...others] = path.parts(true);
  assert.deepEqual(others, []);
  assert.equal(first.offset, 0);
  assert.equal(first.pixels.length, 2);
  assert.equal(second.pixels.length, 3);
  assert.equal(hidden.pixels.length, 3);
  const length = (part) => Math.hypot(...[0, 1].map((k) => part.pixels[1][k] - part.pixels[0][k]));
  close(second.offset, length(first));
  assert.equal(path.screen[2], null);
});
