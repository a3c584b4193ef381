// Frames and a hand-driven clock for the tests.
import { writeFrame } from "../../../src/hiphinge/web/static/js/pose/wire.js";

/** A person of 220 pixels' trunk who leans by `lean` degrees, hips going back; canonical points, facing right. */
export function frame({ timeS = 0, lean = 0, x = 300, flags = 2, hidden = [], curl = 0 } = {}) {
  const angle = (lean * Math.PI) / 180;
  const hip = [x - 80 * Math.sin(angle), 300];
  const shoulder = [hip[0] + 220 * Math.sin(angle), hip[1] - 220 * Math.cos(angle)];
  const keypoints = new Array(66).fill(0);
  const put = (k, [px, py]) => keypoints.splice(2 * k, 2, px, py);
  for (const k of [11, 12]) put(k, shoulder);
  for (const k of [23, 24]) put(k, hip);
  for (const k of [25, 26]) put(k, [x + 5, 400]);
  for (const k of [27, 28]) put(k, [x, 500]);
  for (const k of [29, 30]) put(k, [x - 20, 515]);
  for (const k of [31, 32]) put(k, [x + 60, 515]);
  for (const k of [7, 8]) put(k, [shoulder[0] + 30 * Math.sin(angle) + 10, shoulder[1] - 50]);
  for (const k of [13, 14, 15, 16]) put(k, [shoulder[0] + 10, shoulder[1] + (k > 14 ? 130 : 70)]);
  return writeFrame({
    time_s: timeS, flags, width_px: 640, height_px: 640, luma: 0.5, shift_x: NaN, shift_y: NaN, sharpness: NaN,
    keypoints, visibility: new Array(33).fill(0.9), world: new Array(99).fill(0), presence: 1,
    dorsal: Array.from({ length: 61 }, (_, i) => 0.2 + curl * Math.sin((Math.PI * i) / 60)),
    hidden: Array.from({ length: 61 }, (_, i) => (hidden.includes(i) ? 1 : 0)),
    ventral: new Array(31).fill(0.2), thigh_back: new Array(13).fill(0.15), thigh_front: new Array(13).fill(0.15),
    seat: [hip[0] - 60, 310], edge_softness_px: 2, body_top_px: 60, body_bottom_px: 520, clipped: 0,
  });
}

/** A clock that goes on only when it is told to. */
export class HandClock {
  constructor() {
    this.ms = 0;
    this.waiting = new Map();
    this.next = 1;
  }

  now = () => this.ms;
  random = () => 0.5;

  set = (action, ms) => {
    this.waiting.set(this.next, { at: this.ms + ms, action });
    this.next += 1;
    return this.next - 1;
  };

  clear = (id) => this.waiting.delete(id);

  pass(ms) {
    const until = this.ms + ms;
    for (;;) {
      const due = [...this.waiting].filter(([, one]) => one.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.waiting.delete(due[0]);
      this.ms = due[1].at;
      due[1].action();
    }
    this.ms = until;
  }
}

/** A WebSocket whose other end is the test. */
export class FakeSocket extends EventTarget {
  constructor() {
    super();
    this.readyState = 0;
    this.bufferedAmount = 0;
    this.sent = [];
  }

  accept() {
    this.readyState = 1;
  }

  send(data) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : readMessage(data));
  }

  say(message) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }

  drop(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }

  close() {
    this.readyState = 3;
  }
}

/** First number and count of a binary message; the times of its frames. */
export function readMessage(data) {
  const view = new DataView(data);
  const magic = String.fromCharCode(...new Uint8Array(data, 0, 4));
  if (magic === "HHJ1") {
    return { picture: view.getUint32(4, true), timeS: view.getFloat64(8, true), flags: view.getUint8(16), size: data.byteLength - 17 };
  }
  const count = view.getUint16(8, true);
  const times = Array.from({ length: count }, (_, i) => view.getFloat64(12 + 1382 * i, true));
  return { magic, first: view.getUint32(4, true), count, times, size: data.byteLength };
}
