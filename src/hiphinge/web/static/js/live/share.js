// A clip and a still without a face, drawn from the recorded points alone. Made and kept on this device.

import { COLOURS, drawPerson, project } from "./draw.js";
import { deepest } from "./record.js";

export const SIZE = { width: 720, height: 1280 };
const MARGIN = 48;
const FIGURE = { top: 250, bottom: 880 };
const RATE = 30;
const HOLD_S = 1.6;
/** Keypoints that a figure is drawn from: ears, arms, trunk, legs. */
const DRAWN = [7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32];
const KINDS = [
  ["video/mp4;codecs=avc1", "mp4"],
  ["video/webm;codecs=vp9", "webm"],
  ["video/webm;codecs=vp8", "webm"],
  ["video/webm", "webm"],
];

/** The kind of video this browser can write: [type, ending]; null where it writes none. */
export const videoKind = (recorder = globalThis.MediaRecorder) =>
  recorder && HTMLCanvasElement.prototype.captureStream ? (KINDS.find(([type]) => recorder.isTypeSupported(type)) ?? null) : null;

/** How the poses of a rep fill the figure's part of the picture: a box for `project`. */
export function frameBox(poses) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { frame } of poses) {
    for (const k of DRAWN) {
      const [x, y] = [frame.keypoints[2 * k], frame.keypoints[2 * k + 1]];
      if (Number.isFinite(x) && Number.isFinite(y)) {
        [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
      }
    }
  }
  const [width, height] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  const room = { width: SIZE.width - 2 * MARGIN, height: FIGURE.bottom - FIGURE.top };
  const scale = 0.9 * Math.min(room.width / width, room.height / height);
  return {
    scale,
    left: SIZE.width / 2 - scale * (left + width / 2),
    top: FIGURE.top + room.height / 2 - scale * (top + height / 2),
  };
}

/** Lines no wider than `width`, broken between words. */
export function wrapText(text, width, measure) {
  const lines = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && measure(longer) <= width) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function breakText(ctx, text, size, weight) {
  ctx.font = `${weight} ${size}px system-ui, sans-serif`;
  return wrapText(text, SIZE.width - 2 * MARGIN, (part) => ctx.measureText(part).width);
}

function writeText(ctx, text, y, { size, weight = 600, colour = COLOURS.ink }) {
  const lines = breakText(ctx, text, size, weight);
  ctx.fillStyle = colour;
  ctx.textBaseline = "top";
  lines.forEach((line, i) => ctx.fillText(line, MARGIN, y + 1.28 * size * i));
  return y + 1.28 * size * lines.length;
}

/** Draw one picture of the card. `card` = {title, sentence, next, notice, doorX}. */
export function drawCard(ctx, pose, box, card) {
  ctx.fillStyle = COLOURS.ground;
  ctx.fillRect(0, 0, SIZE.width, SIZE.height);
  writeText(ctx, card.title, MARGIN, { size: 30, weight: 500, colour: COLOURS.soft });
  writeText(ctx, card.sentence, MARGIN + 52, { size: 44 });
  const place = (x, y) => project(x, y, { width: 0, mirrored: false, selfie: false, box });
  drawPerson(ctx, pose.frame, { back: pose.back, doorX: card.doorX, place, unit: 1.5 });
  // The notice stands whole at the foot; a long next step is written smaller above it.
  const foot = SIZE.height - 44 - 1.28 * 20 * breakText(ctx, card.notice, 20, 400).length;
  const top = FIGURE.bottom + 60;
  let size = 36;
  while (size > 20 && top + 1.28 * size * breakText(ctx, card.next, size, 500).length > foot - 20) {
    size -= 2;
  }
  writeText(ctx, card.next, top, { size, weight: 500 });
  writeText(ctx, card.notice, foot, { size: 20, weight: 400, colour: COLOURS.soft });
}

function canvas() {
  const made = document.createElement("canvas");
  Object.assign(made, SIZE);
  return made;
}

/** A PNG of the deepest pose. */
export function makeStill(rep, card) {
  const made = canvas();
  drawCard(made.getContext("2d"), deepest(rep.poses), frameBox(rep.poses), card);
  return new Promise((resolve) => made.toBlob(resolve, "image/png"));
}

/** A short video of the rep, drawn and written in its own time. */
export async function makeClip(rep, card, { kind = videoKind(), onProgress = () => {} } = {}) {
  const made = canvas();
  const ctx = made.getContext("2d");
  const box = frameBox(rep.poses);
  drawCard(ctx, rep.poses[0], box, card);
  const recorder = new MediaRecorder(made.captureStream(RATE), { mimeType: kind[0], videoBitsPerSecond: 2_500_000 });
  const parts = [];
  recorder.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  recorder.start();
  await play(rep.poses, (pose, share) => {
    drawCard(ctx, pose, box, card);
    onProgress(share);
  });
  recorder.stop();
  await stopped;
  return new Blob(parts, { type: kind[0].split(";")[0] });
}

function play(poses, draw) {
  const startS = poses[0].frame.timeS;
  const lengthS = poses.at(-1).frame.timeS - startS + HOLD_S;
  return new Promise((resolve) => {
    let begun = null;
    let index = 0;
    const step = (nowMs) => {
      begun ??= nowMs;
      const atS = (nowMs - begun) / 1000;
      while (index + 1 < poses.length && poses[index + 1].frame.timeS - startS <= atS) {
        index += 1;
      }
      draw(poses[index], Math.min(1, atS / lengthS));
      if (atS < lengthS) {
        requestAnimationFrame(step);
      } else {
        resolve();
      }
    };
    requestAnimationFrame(step);
  });
}

/** Hand a file to the device's own sharing, or save it; true where it was handed over or saved. */
export async function handOver(blob, name, text) {
  const file = new File([blob], name, { type: blob.type });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file], text });
      return true;
    } catch (error) {
      if (error.name === "AbortError") {
        return false;
      }
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return true;
}
