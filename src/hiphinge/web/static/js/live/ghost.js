// The person's own first good rep, drawn lightly under the later ones: points only, kept on this device.

import { feetOf, trunkLength } from "./frame.js";

const KEPT_POINTS = [8, 12, 14, 16, 24, 26, 28, 30, 32];
const STATION_STEP = 2;
const MAX_POSES = 48;
/** A rep is cut from the frames at the last place where the person stood. */
const STANDING = 0.12;
const MIN_DEPTH = 0.5;
const VERSION = 1;

/**
 * Cut the last rep out of recorded frames.
 *
 * @param recorded [{frame, depth}] in time, the newest last, the rep being over.
 * @returns the part that is the rep, or [] where none is seen whole.
 */
export function cutRep(recorded) {
  let deepest = -1;
  for (let i = recorded.length - 1, top = 0; i >= 0; i -= 1) {
    if (recorded[i].depth > top) {
      [deepest, top] = [i, recorded[i].depth];
    }
    if (deepest >= 0 && top >= MIN_DEPTH && recorded[i].depth < STANDING && i < deepest) {
      return recorded.slice(i);
    }
  }
  return [];
}

/** Where and how large a person stands: the middle of the feet and the length of the trunk, pixels; null if unseen. */
export function anchorOf(frame) {
  const feet = feetOf(frame);
  const trunk = trunkLength(frame);
  return Number.isFinite(feet[0]) && trunk > 8 ? { feet, trunk } : null;
}

const relative = (x, y, anchor) => [
  Math.round((1000 * (x - anchor.feet[0])) / anchor.trunk) / 1000,
  Math.round((1000 * (y - anchor.feet[1])) / anchor.trunk) / 1000,
];

/** A ghost from a cut rep: points from the feet, in trunk lengths of the still stand; null where too little was seen. */
export function makeGhost(rep, stand) {
  const usable = rep.filter(({ frame, depth }) => frame.seen && Number.isFinite(depth));
  if (stand === null || usable.length < 6) {
    return null;
  }
  const bottom = usable.reduce((best, one, i) => (one.depth > usable[best].depth ? i : best), 0);
  const step = Math.max(1, usable.length / MAX_POSES);
  const poses = [];
  for (let at = 0; at < usable.length; at += step) {
    const index = Math.floor(at);
    const { frame, depth } = usable[index];
    const points = KEPT_POINTS.map((k) => relative(frame.keypoints[2 * k], frame.keypoints[2 * k + 1], stand));
    const back = [];
    for (let i = 0; i < frame.back.length / 2; i += STATION_STEP) {
      const [x, y] = [frame.back[2 * i], frame.back[2 * i + 1]];
      back.push(Number.isFinite(x) ? relative(x, y, stand) : null);
    }
    poses.push({ depth: Math.round(1000 * depth) / 1000, down: index <= bottom, points, back });
  }
  return { version: VERSION, poses };
}

/** The pose of the ghost at the same depth on the same way, down or up; null where it has none near. */
export function ghostAt(ghost, depth, down) {
  let best = null;
  let gap = 0.15;
  for (const pose of ghost?.poses ?? []) {
    const off = Math.abs(pose.depth - depth) + (pose.down === down ? 0 : 0.1);
    if (off < gap) {
      [best, gap] = [pose, off];
    }
  }
  return best;
}

/** Place a pose of the ghost at a person's feet, in that person's size: canonical pixels. */
export function placeGhost(pose, anchor) {
  const place = (point) =>
    point === null
      ? [NaN, NaN]
      : [anchor.feet[0] + point[0] * anchor.trunk, anchor.feet[1] + point[1] * anchor.trunk];
  const points = Object.fromEntries(KEPT_POINTS.map((k, i) => [k, place(pose.points[i])]));
  return { points, back: pose.back.map(place) };
}

/** Ghosts of one person on this device, one a drill. */
export class GhostShelf {
  constructor(person, storage = globalThis.localStorage) {
    this.storage = storage;
    this.prefix = `hiphinge.ghost.${person}.`;
  }

  get(drill) {
    try {
      const kept = JSON.parse(this.storage.getItem(this.prefix + drill));
      return kept?.version === VERSION && Array.isArray(kept.poses) ? kept : null;
    } catch {
      return null;
    }
  }

  /** Keep a ghost; false where the device keeps nothing (private window, full). */
  keep(drill, ghost) {
    try {
      this.storage.setItem(this.prefix + drill, JSON.stringify(ghost));
      return true;
    } catch {
      return false;
    }
  }

  forget(drill) {
    try {
      this.storage.removeItem(this.prefix + drill);
    } catch {
      // Nothing is kept where nothing can be.
    }
  }
}
