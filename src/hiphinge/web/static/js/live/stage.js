// The picture of the live set: the person on the canvas, over the camera's picture or on a plain ground.

import { COLOURS, Doorway, drawPerson, fit, project } from "./draw.js";
import { leanOf } from "./frame.js";
import { anchorOf, ghostAt } from "./ghost.js";
import { backOf } from "./meter.js";
import { isBending } from "./state.js";

const PATH_S = 2.5;
/** Lines are so many parts of the picture wide: thick enough to be seen from three metres. */
const UNITS = 430;
/** A change of lean that is told as down or up, degrees. */
const TURN_DEG = 2;
const FOCUSED = ["stand", "ready", "moving"];
/** Room beside a person who bends, in lengths of the trunk. */
const SPAN_TRUNKS = 4.2;

export class Stage {
  constructor(canvas, video) {
    this.canvas = canvas;
    this.video = video;
    this.context = canvas.getContext("2d");
    this.plain = false;
    this.selfie = true;
    this.ghost = null;
    this.forget();
  }

  /** Forget the stand: the doorway, the anchor and the path of the hips. */
  forget() {
    this.door = new Doorway();
    this.anchor = null;
    this.path = [];
    this.mirrored = null;
    this.standLean = 0;
    this.lean = 0;
    this.down = true;
  }

  /** Lean of a frame's trunk beyond that of the stand, degrees. */
  leanOf(frame) {
    return leanOf(frame) - this.standLean;
  }

  /** Take in one frame and draw it; returns whether a ghost was drawn. */
  draw(frame, state) {
    this.#follow(frame, state);
    const { width, height } = this.#resize();
    const ctx = this.context;
    ctx.clearRect(0, 0, width, height);
    if (this.plain) {
      ctx.fillStyle = COLOURS.ground;
      ctx.fillRect(0, 0, width, height);
    }
    if (!frame.seen) {
      return false;
    }
    const box = fit(frame.width, frame.height, width, height, this.#focus(frame, state));
    this.#layPicture(frame, box);
    const look = { width: frame.width, mirrored: frame.mirrored, selfie: this.selfie, box };
    const pose = this.#ghostPose(frame, state);
    drawPerson(ctx, frame, {
      back: backOf(state.meter),
      doorX: this.door.x,
      path: this.path.map((one) => one.hip),
      ghost: pose && { pose, anchor: this.anchor },
      place: (x, y) => project(x, y, look),
      unit: Math.min(width, height) / UNITS,
    });
    return pose !== null;
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  #follow(frame, state) {
    if (frame.mirrored !== this.mirrored) {
      this.forget();
      this.mirrored = frame.mirrored;
    }
    if (!frame.seen) {
      return;
    }
    if (state.phase === "stand") {
      this.door.add(frame.seat[0]);
      this.anchor = anchorOf(frame) ?? this.anchor;
      this.standLean = leanOf(frame);
    }
    const lean = this.leanOf(frame);
    if (Math.abs(lean - this.lean) > TURN_DEG) {
      [this.down, this.lean] = [lean > this.lean, lean];
    }
    if (isBending(state.phase)) {
      this.path = this.path.filter((one) => frame.timeS - one.timeS < PATH_S);
      this.path.push({ timeS: frame.timeS, hip: frame.hip });
    } else {
      this.path = [];
    }
  }

  /** Once the person stands where the set is done, the picture may be cut at its sides to show them larger. */
  #focus(frame, state) {
    if (!this.anchor || !FOCUSED.includes(state.phase)) {
      return null;
    }
    const x = this.anchor.feet[0];
    const flipped = frame.mirrored !== this.selfie;
    return { x: flipped ? frame.width - x : x, span: SPAN_TRUNKS * this.anchor.trunk };
  }

  /** Lay the camera's picture under what is drawn. */
  #layPicture(frame, { scale, left, top }) {
    const ratio = this.canvas.width / this.canvas.clientWidth;
    const place = { left, top, width: frame.width * scale, height: frame.height * scale };
    const key = Object.values(place).map(Math.round).join();
    if (key !== this.laid) {
      this.laid = key;
      for (const [name, value] of Object.entries(place)) {
        this.video.style.setProperty(name, `${value / ratio}px`);
      }
      // What is written into the picture stands in it, not across its edge.
      const beside = Math.max(0, this.canvas.width - left - place.width) / ratio;
      this.canvas.parentElement.style.setProperty("--beside", `${beside}px`);
    }
  }

  #ghostPose(frame, state) {
    return this.ghost && this.anchor && isBending(state.phase) ? ghostAt(this.ghost, this.leanOf(frame), this.down) : null;
  }

  #resize() {
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
    }
    return { width, height };
  }
}
