// Opens the pose model that this device runs best: full before lite, graphics card before processor, each proven on a
// prepared picture before it is trusted.

import { FilesetResolver, PoseLandmarker } from '../../vendor/tasks-vision/vision_bundle.mjs';
import { MaskBytes } from './mask.js';

const VENDOR = new URL('../../vendor/', import.meta.url);
const WARMUP_PICTURE = new URL('warmup.webp', import.meta.url);
/** Where the processor's models find nose, shoulder, hip, knee and ankle in the picture, ÷ its width and height. */
const WARMUP_POINTS = {
  0: [0.683, 0.304],
  12: [0.552, 0.31],
  24: [0.358, 0.492],
  26: [0.422, 0.658],
  28: [0.417, 0.852],
};
/** Points further off than this, in picture heights, are another result. */
const WARMUP_TOLERANCE = 0.04;
/** Share of the picture that the person's mask fills, at least and at most. */
const WARMUP_FILLED = [0.085, 0.13];
const N_FIRST_RUNS = 2;
const N_TIMED_RUNS = 5;
/** A model this fast is taken without trying another. */
const GOOD_FPS = 20;
/** A full model slower than this gives way to a lite one that is faster. */
export const ENOUGH_FPS = 12;
/** Names under which a processor poses as a graphics card. */
const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Open the best model.
 * @param {{model: 'auto'|'full'|'lite', delegate: 'auto'|'GPU'|'CPU', onLost: Function}} wanted onLost is called when
 *   the graphics card drops the model
 * @returns {Promise<Pose>}
 */
export async function openPose({ model = 'auto', delegate = 'auto', onLost = () => {} }) {
  const fileset = await FilesetResolver.forVisionTasks(new URL('tasks-vision/wasm', VENDOR).href, true);
  const picture = await loadPicture();
  const models = model === 'auto' ? ['full', 'lite'] : [model];
  const problems = [];
  let best = null;
  for (const name of models) {
    const bytes = await fetchBytes(new URL(`models/pose_landmarker_${name}.task`, VENDOR));
    for (const kind of delegatesToTry(delegate)) {
      try {
        const pose = await Pose.open({ fileset, bytes, picture, model: name, delegate: kind, onLost });
        best = faster(best, pose);
      } catch (error) {
        problems.push(`${name} on ${kind}: ${error.message}`);
      }
      if (best !== null && best.fps >= GOOD_FPS) break;
    }
    if (best !== null && best.fps >= ENOUGH_FPS) break;
  }
  picture.close();
  if (best === null) throw new Error(problems.join('; '));
  return best;
}

function faster(best, pose) {
  if (best === null) return pose;
  const [kept, dropped] = pose.fps > best.fps ? [pose, best] : [best, pose];
  dropped.close();
  return kept;
}

function delegatesToTry(delegate) {
  if (delegate !== 'auto') return [delegate];
  return hasGraphicsCard() ? ['GPU', 'CPU'] : ['CPU'];
}

/** Tell whether WebGL runs on a graphics card, and not on the processor. */
function hasGraphicsCard() {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !SOFTWARE_RENDERERS.test(String(renderer));
}

async function loadPicture() {
  const bytes = await fetchBytes(WARMUP_PICTURE);
  return createImageBitmap(new Blob([bytes], { type: 'image/webp' }));
}

async function fetchBytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.pathname} cannot be loaded (${answer.status})`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** One open model. */
export class Pose {
  static async open({ fileset, bytes, picture, model, delegate, onLost }) {
    const canvas = new OffscreenCanvas(1, 1);
    const landmarker = await PoseLandmarker.createFromOptions(fileset, {
      baseOptions: { modelAssetBuffer: bytes.slice(), delegate },
      canvas,
      runningMode: 'VIDEO',
      numPoses: 1,
      outputSegmentationMasks: true,
    });
    const pose = new Pose(landmarker, canvas, model, delegate);
    try {
      pose.warmUp(picture);
    } catch (error) {
      pose.close();
      throw error;
    }
    canvas.addEventListener('webglcontextlost', onLost);
    pose.forgetLoss = () => canvas.removeEventListener('webglcontextlost', onLost);
    return pose;
  }

  constructor(landmarker, canvas, model, delegate) {
    this.landmarker = landmarker;
    this.masks = new MaskBytes(canvas);
    this.model = model;
    this.delegate = delegate;
    this.fps = 0;
    this.clock = 0; // ms, as told to the model: it wants every time later than the one before
    this.offset = null;
    this.forgetLoss = () => {};
  }

  /** Time the model on the prepared picture; throws where it does not find the person in it. */
  warmUp(picture) {
    let found = null;
    let mask = null;
    let best = Infinity;
    for (let run = 0; run < N_FIRST_RUNS + N_TIMED_RUNS; run += 1) {
      const before = performance.now();
      this.run(picture, this.clock + 33, (result) => {
        found = result.landmarks[0] ?? null;
        mask = result.segmentationMasks?.[0] ? this.masks.read(result.segmentationMasks[0]) : null;
      });
      if (run >= N_FIRST_RUNS) best = Math.min(best, performance.now() - before);
    }
    for (const [index, [x, y]] of Object.entries(WARMUP_POINTS)) {
      const point = found?.[index];
      const aspect = picture.width / picture.height;
      if (!point || !(Math.hypot((point.x - x) * aspect, point.y - y) < WARMUP_TOLERANCE)) {
        throw new Error('it does not find the person in the prepared picture');
      }
    }
    const filled = (mask ?? [0]).reduce((sum, value) => sum + value, 0) / (255 * (mask?.length ?? 1));
    if (!(filled >= WARMUP_FILLED[0] && filled <= WARMUP_FILLED[1])) {
      throw new Error(`it cuts ${filled.toFixed(3)} of the prepared picture out as the person`);
    }
    this.fps = 1000 / best;
    this.forget();
  }

  /** Look at an empty picture: what comes next is looked at afresh. */
  forget() {
    const nothing = new OffscreenCanvas(64, 64);
    nothing.getContext('2d').fillRect(0, 0, 64, 64);
    for (let run = 0; run < 2; run += 1) this.run(nothing, this.clock + 33, () => {});
    this.offset = null;
  }

  /** Find the person in the picture of a time; the answer's mask is gone after the callback. */
  find(picture, timeS, callback) {
    if (this.offset === null) this.offset = this.clock + 33 - timeS * 1000;
    this.run(picture, Math.max(this.clock + 1, timeS * 1000 + this.offset), callback);
  }

  run(picture, clock, callback) {
    this.clock = clock;
    this.landmarker.detectForVideo(picture, clock, callback);
  }

  close() {
    this.forgetLoss();
    this.landmarker.close();
  }
}
