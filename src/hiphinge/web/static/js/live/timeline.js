// Media times that never run backwards within a set, whatever the camera does: a reload, another camera, a pause.

import { FLAG_RESTARTED } from "../pose/wire.js";

import { OFFSETS } from "./frame.js";

const STEP_S = 0.001;

export class Timeline {
  /** `last` is {timeS, wallMs} of the frame before, kept over a reload; null at the beginning of a set. */
  constructor(last = null) {
    this.last = last;
    this.offsetS = null;
  }

  /** Write the time of the set into a frame's bytes; a new camera is marked as restarted. */
  stamp(bytes, wallMs) {
    const view = new DataView(bytes);
    const { timeS, restarted } = this.place(view.getFloat64(OFFSETS.time_s, true), wallMs);
    view.setFloat64(OFFSETS.time_s, timeS, true);
    if (restarted) {
      view.setUint8(OFFSETS.flags, view.getUint8(OFFSETS.flags) | FLAG_RESTARTED);
    }
    return timeS;
  }

  /** The time in the set of a camera's time: {timeS, restarted}. */
  place(cameraS, wallMs) {
    const backwards = this.offsetS !== null && cameraS + this.offsetS <= this.last.timeS;
    const restarted = backwards || (this.offsetS === null && this.last !== null);
    if (restarted) {
      const passedS = Math.max(STEP_S, (wallMs - this.last.wallMs) / 1000);
      this.offsetS = this.last.timeS + passedS - cameraS;
    }
    this.offsetS ??= 0;
    this.last = { timeS: cameraS + this.offsetS, wallMs };
    return { timeS: this.last.timeS, restarted };
  }
}
