// In the place of the pose source in tests of the page alone: frames come from the test.
import { writeFrame } from "./wire.js";

export const MIN_FPS = 8;

export async function openCamera({ facing = "user" } = {}) {
  if (globalThis.__camera) {
    throw Object.assign(new Error(globalThis.__camera), { code: globalThis.__camera });
  }
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: facing } });
}

export class PoseSource extends EventTarget {
  found = { fps: globalThis.__fps ?? 20, model: "full", delegate: "CPU" };
  mirror = false;

  async start(stream, { onFrame, onStatus }) {
    globalThis.__source = this;
    this.onFrame = onFrame;
    this.onStatus = onStatus;
  }

  setMirror(on) {
    this.mirror = on;
  }

  stop() {
    this.stopped = true;
  }
}

/** A person who leans by `lean` degrees and whose back curls by `curl`, seen at a time. */
function person(lean, curl, x) {
  const angle = (lean * Math.PI) / 180;
  const hip = [x - 75 * Math.sin(angle), 245];
  const shoulder = [hip[0] + 130 * Math.sin(angle), hip[1] - 130 * Math.cos(angle)];
  const keypoints = Array.from({ length: 66 }, (_, i) => hip[i % 2]);
  const put = (pair, [px, py], off = 4) => pair.forEach((k, i) => keypoints.splice(2 * k, 2, px + (i ? off : -off), py));
  put([11, 12], shoulder);
  put([23, 24], hip);
  put([25, 26], [x + 12, 330]);
  put([27, 28], [x, 415]);
  put([29, 30], [x - 14, 425]);
  put([31, 32], [x + 38, 427]);
  put([7, 8], [shoulder[0] + 36 * Math.sin(angle * 0.9) + 6, shoulder[1] - 40 * Math.cos(angle * 0.9)]);
  put([13, 14], [shoulder[0] + 14, shoulder[1] + 55]);
  put([15, 16], [shoulder[0] + 50, shoulder[1] + 60]);
  return { keypoints, hip, dorsal: Array.from({ length: 61 }, (_, i) => 0.2 + 0.05 * Math.sin(i / 9) + curl * Math.sin((Math.PI * i) / 60)) };
}

globalThis.__emit = ({ timeS, lean = 0, curl = 0, x = 330, seen = true }) => {
  const source = globalThis.__source;
  const { keypoints, hip, dorsal } = person(lean, curl, x);
  const bytes = writeFrame({
    time_s: timeS, flags: (source.mirror ? 1 : 0) | (seen ? 2 : 0), width_px: 640, height_px: 480, luma: 0.5, shift_x: 0,
    shift_y: 0, sharpness: 1, keypoints: seen ? keypoints : new Array(66).fill(NaN), visibility: new Array(33).fill(0.9),
    world: new Array(99).fill(0), presence: 1, dorsal, hidden: new Array(61).fill(0), ventral: new Array(31).fill(0.2),
    thigh_back: new Array(13).fill(0.1), thigh_front: new Array(13).fill(0.1), seat: [hip[0] - 34, hip[1] + 4],
    edge_softness_px: 2, body_top_px: 60, body_bottom_px: 428, clipped: 0,
  });
  source.onFrame({ bytes });
};
