// The pose worker: one camera frame in, the numbers of that frame out. Pictures never leave it.
//
// In:  {init: {model, delegate}} once, then {frame: VideoFrame|ImageBitmap, time_s, mirror, restarted}, one at a time.
// Out: {ready: {model, delegate, fps}}, {found: {...}, bytes} for every frame, {error: {code, what}}.

import { openPose } from './landmarker.js';
import { backCurve, computeProfile, unseenProfile } from './profile.js';
import { CameraWatch } from './watch.js';
import { FLAG_MIRRORED, FLAG_RESTARTED, FLAG_SEEN, writeFrame } from './wire.js';

/** Longer side of the picture that the model sees. */
const MAX_SIDE_PX = 640;
const N_KEYPOINTS = 33;

let session = null;

self.onmessage = async ({ data }) => {
  try {
    if (data.init) await begin(data.init);
    else if (data.frame) answer(data);
  } catch (error) {
    data.frame?.close();
    self.postMessage({ error: { code: session === null ? 'model' : 'frame', what: String(error?.message ?? error) } });
  }
};

async function begin(wanted) {
  const onLost = () => self.postMessage({ error: { code: 'lost', what: 'The graphics card dropped the pose model.' } });
  const pose = await openPose({ ...wanted, onLost });
  session = new Session(pose);
  self.postMessage({ ready: { model: pose.model, delegate: pose.delegate, fps: pose.fps } });
}

function answer({ frame, time_s, mirror, restarted }) {
  if (session === null) throw new Error('A frame came before the model was there.');
  const found = session.take(frame, time_s, Boolean(mirror), Boolean(restarted));
  const { bytes, points, back } = found;
  self.postMessage(found, [bytes, points.buffer, back.buffer]);
}

/** What is kept from frame to frame. */
class Session {
  constructor(pose) {
    this.pose = pose;
    this.watch = new CameraWatch();
    this.canvas = new OffscreenCanvas(1, 1);
    this.context = this.canvas.getContext('2d');
    this.mirror = null;
    this.box = null;
  }

  take(frame, timeS, mirror, restarted) {
    const began = performance.now();
    this.draw(frame, mirror, restarted);
    const { width, height } = this.canvas;
    const seen = this.find(timeS);
    this.box = seen && boxOf(seen.keypoints);
    const profile = seen ? computeProfile(seen.keypoints, seen.mask, { width, height, ...seen }) : unseenProfile();
    const flags = (mirror ? FLAG_MIRRORED : 0) | (seen ? FLAG_SEEN : 0) | (restarted ? FLAG_RESTARTED : 0);
    const bytes = writeFrame({
      time_s: timeS,
      flags,
      width_px: width,
      height_px: height,
      ...this.watch.update(this.canvas, this.box),
      ...(seen ?? NOBODY),
      ...profile,
    });
    return {
      time_s: timeS,
      seen: seen !== null,
      mirrored: mirror,
      restarted,
      width_px: width,
      height_px: height,
      points: Float32Array.from((seen ?? NOBODY).keypoints),
      visibility: Float32Array.from((seen ?? NOBODY).visibility),
      back: backCurve((seen ?? NOBODY).keypoints, profile),
      clipped: profile.clipped,
      bytes,
      took_ms: performance.now() - began,
    };
  }

  /** Draw the picture as the model is to see it, and close the frame. */
  draw(frame, mirror, restarted) {
    const fullWidth = frame.displayWidth ?? frame.width;
    const fullHeight = frame.displayHeight ?? frame.height;
    const scale = Math.min(1, MAX_SIDE_PX / Math.max(fullWidth, fullHeight));
    const width = Math.max(1, Math.round(fullWidth * scale));
    const height = Math.max(1, Math.round(fullHeight * scale));
    const resized = this.canvas.width !== width || this.canvas.height !== height;
    if (resized) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    // What the model remembers of the person is of another picture then.
    if (this.mirror !== null && (resized || restarted || mirror !== this.mirror)) this.pose.forget();
    if (resized || restarted || mirror !== this.mirror) this.watch.begin();
    this.mirror = mirror;
    if (mirror) this.context.setTransform(-1, 0, 0, 1, width, 0);
    else this.context.resetTransform();
    this.context.drawImage(frame, 0, 0, width, height);
    frame.close();
  }

  /** Find the person: the fields of a frame that tell of the pose, and the mask; null where nobody is. */
  find(timeS) {
    let found = null;
    this.pose.find(this.canvas, timeS, (result) => {
      found = this.read(result);
    });
    return found;
  }

  read({ landmarks, worldLandmarks, segmentationMasks }) {
    if (!landmarks.length || !segmentationMasks?.length) return null;
    const { width, height } = this.canvas;
    const keypoints = new Float64Array(2 * N_KEYPOINTS);
    landmarks[0].forEach(({ x, y }, i) => keypoints.set([x * width, y * height], 2 * i));
    if (!keypoints.every(Number.isFinite)) return null;
    const [picture] = segmentationMasks;
    return {
      keypoints,
      visibility: landmarks[0].map((point) => point.visibility),
      world: worldLandmarks[0].flatMap(({ x, y, z }) => [x, y, z]),
      presence: 1,
      mask: this.pose.masks.read(picture),
      maskWidth: picture.width,
      maskHeight: picture.height,
      cropToImage: [
        [width / picture.width, 0, 0],
        [0, height / picture.height, 0],
      ],
    };
  }
}

const NOBODY = {
  keypoints: new Float64Array(2 * N_KEYPOINTS).fill(NaN),
  visibility: new Float64Array(N_KEYPOINTS),
  world: new Float64Array(3 * N_KEYPOINTS).fill(NaN),
  presence: 0,
};

function boxOf(keypoints) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < keypoints.length; i += 2) {
    box[0] = Math.min(box[0], keypoints[i]);
    box[1] = Math.min(box[1], keypoints[i + 1]);
    box[2] = Math.max(box[2], keypoints[i]);
    box[3] = Math.max(box[3], keypoints[i + 1]);
  }
  return box;
}
