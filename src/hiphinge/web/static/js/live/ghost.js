// The person's own first good rep, drawn lightly under the later ones: points only, kept on this device.

import { feetOf, trunkLength } from "./frame.js";

const KEPT_POINTS = [8, 12, 14, 16, 24, 26, 28, 30, 32];
const STATION_STEP = 2;
const MAX_POSES = 48;
/** Lean beyond the stand at which a rep begins and ends, and that it has to reach, degrees. */
const STANDING_DEG = 12;
const BENT_DEG = 30;
/** The ghost goes along where it has a pose within so many degrees; the other way counts as so many more. */
const NEAR_DEG = 9;
const OTHER_WAY_DEG = 6;
const VERSION = 2;

/**
 * Cut the last whole rep out of recorded poses: from a stand to the next one.
 *
 * What the server says of a rep comes after it, when the next one may have begun; the poses themselves tell where it
 * was.
 *
 * @param poses [{lean}] in time, the newest last; lean in degrees beyond the stand.
 * @returns the part that is the rep, or [] where none is seen whole.
 */
export function cutRep(poses) {
  let [found, start, bent] = [[], null, false];
  poses.forEach(({ lean }, i) => {
    if (lean < STANDING_DEG) {
      if (bent) {
        found = poses.slice(start, i + 1);
      }
      [start, bent] = [i, false];
    } else if (start !== null && lean > BENT_DEG) {
      bent = true;
    }
  });
  return found;
}

/** Where and how large a person stands: the middle of the feet and the length of the trunk, pixels; null if unseen. */
export function anchorOf(frame) {
  const feet = feetOf(frame);
  const trunk = trunkLength(frame);
  return Number.isFinite(feet[0]) && trunk > 8 ? { feet, trunk } : null;
}

const relative = (x, y, { feet, trunk }) =>
  Number.isFinite(x) && Number.isFinite(y)
    ? [x - feet[0], y - feet[1]].map((off) => Math.round((1000 * off) / trunk) / 1000)
    : null;

/** A ghost from a cut rep: points from the feet, in trunk lengths of the still stand; null where too little was seen. */
export function makeGhost(rep, stand) {
  if (stand === null || rep.length < 6) {
    return null;
  }
  const bottom = rep.reduce((best, { lean }, i) => (lean > rep[best].lean ? i : best), 0);
  const step = Math.max(1, rep.length / MAX_POSES);
  const poses = [];
  for (let at = 0; at < rep.length; at += step) {
    const index = Math.floor(at);
    const { frame, lean } = rep[index];
    const points = KEPT_POINTS.map((k) => relative(frame.keypoints[2 * k], frame.keypoints[2 * k + 1], stand));
    const back = [];
    for (let i = 0; i < frame.back.length / 2; i += STATION_STEP) {
      back.push(relative(frame.back[2 * i], frame.back[2 * i + 1], stand));
    }
    poses.push({ lean: Math.round(10 * lean) / 10, down: index <= bottom, points, back });
  }
  return { version: VERSION, poses };
}

/** The pose of the ghost at the same lean on the same way, down or up; null where it has none near, and in the stand. */
export function ghostAt(ghost, lean, down) {
  let [best, gap] = [null, NEAR_DEG];
  for (const pose of lean < STANDING_DEG ? [] : (ghost?.poses ?? [])) {
    const off = Math.abs(pose.lean - lean) + (pose.down === down ? 0 : OTHER_WAY_DEG);
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
