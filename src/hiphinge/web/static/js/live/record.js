// The points of the set as it ran, kept in memory on this device for the ghost and for the clip that can be shared.

/** Two minutes at 15 poses a second. */
const MAX_POSES = 1800;
const STEP_S = 1 / 15;

export class Recording {
  constructor() {
    this.poses = [];
    this.reps = [];
  }

  /** Take a frame with its number and its lean beyond the stand; those nearer than 1/15 s to the last are passed over. */
  add(seq, frame, lean) {
    const last = this.poses.at(-1);
    if (!frame.seen || !Number.isFinite(lean) || (last && frame.timeS - last.frame.timeS < STEP_S - 0.002)) {
      return;
    }
    this.poses.push({ seq, frame, lean, back: "unknown" });
    if (this.poses.length > MAX_POSES) {
      this.poses.shift();
    }
  }

  /** How the back is from a frame on, as the server said it some frames later. */
  tell(seq, back) {
    for (let i = this.poses.length - 1; i >= 0 && this.poses[i].seq >= seq; i -= 1) {
      this.poses[i].back = back;
    }
  }

  /** Remember the rep that has just ended. */
  endRep(number, grade, cut) {
    const poses = cut(this.poses);
    if (poses.length) {
      this.reps.push({ number, grade, poses });
    }
    return poses;
  }

  /** The rep to show to others: the first that counts, else the first. */
  best() {
    return this.reps.find((rep) => rep.grade === "pass") ?? this.reps[0] ?? null;
  }
}

/** The deepest pose of a rep. */
export const deepest = (poses) => poses.reduce((best, pose) => (pose.lean > best.lean ? pose : best), poses[0]);
