import assert from "node:assert/strict";
import { test } from "node:test";

import { FRAME_BYTES } from "../../../src/hiphinge/web/static/js/pose/wire.js";
import { feetOf, OFFSETS, readFrame, stationAt, trunkLength } from "../../../src/hiphinge/web/static/js/live/frame.js";
import { Timeline } from "../../../src/hiphinge/web/static/js/live/timeline.js";
import { frame } from "./tools.mjs";

const near = (got, wanted, tolerance = 1e-3) => assert.ok(Math.abs(got - wanted) <= tolerance, `${got} is not ${wanted}`);

test("a frame's offsets are those of the wire", () => {
  assert.equal(OFFSETS.keypoints, 29);
  assert.equal(OFFSETS.clipped + 4, FRAME_BYTES);
});

test("a standing person is read back, the back behind the trunk", () => {
  const read = readFrame(frame({ timeS: 1.25, hidden: [10] }));
  assert.equal(read.timeS, 1.25);
  assert.deepEqual([read.width, read.height, read.seen, read.mirrored], [640, 640, true, false]);
  assert.deepEqual(read.hip, [300, 300]);
  assert.equal(trunkLength(read), 220);
  assert.deepEqual(feetOf(read), [320, 515]);
  const at = 30; // the middle of the stations
  near(stationAt(at), 0.4);
  near(read.back[2 * at], 300 - 0.2 * 220);
  near(read.back[2 * at + 1], 300 - 0.4 * 220);
  assert.ok(Number.isNaN(read.back[20]));
});

test("a frame is read from within a longer message", () => {
  const long = new Uint8Array(12 + FRAME_BYTES);
  long.set(new Uint8Array(frame({ timeS: 3 })), 12);
  assert.equal(readFrame(long.subarray(12)).timeS, 3);
});

const stamped = (timeline, timeS, wallMs) => {
  const bytes = frame({ timeS });
  const placed = timeline.stamp(bytes, wallMs);
  const view = new DataView(bytes);
  assert.equal(view.getFloat64(0, true), placed);
  return [placed, (view.getUint8(8) & 4) !== 0];
};

test("times of a camera that runs stay as they are", () => {
  const timeline = new Timeline();
  assert.deepEqual([stamped(timeline, 0, 100), stamped(timeline, 0.04, 140)], [[0, false], [0.04, false]]);
});

test("a camera that begins again goes on where the set is, marked", () => {
  const timeline = new Timeline();
  stamped(timeline, 7, 1000);
  assert.deepEqual(stamped(timeline, 0, 3500), [9.5, true]);
  assert.deepEqual(stamped(timeline, 0.5, 4000), [10, false]);
});

test("after a reload the set's time goes on by the time that passed", () => {
  const timeline = new Timeline({ timeS: 20, wallMs: 50000 });
  assert.deepEqual(stamped(timeline, 0, 58000), [28, true]);
  assert.deepEqual(stamped(timeline, 0.1, 58100), [28.1, false]);
});

test("a wall clock that was set back does not turn the time back", () => {
  const timeline = new Timeline({ timeS: 20, wallMs: 50000 });
  assert.deepEqual(stamped(timeline, 4, 10000), [20.001, true]);
});
