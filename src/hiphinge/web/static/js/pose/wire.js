// What goes to the server, byte by byte: the numbers of one camera frame each, never a picture (wire format, version 1).
// The twin of hiphinge/live/wire.py; both are held to tests/data/live_wire.json.

export const FLAG_MIRRORED = 1;
export const FLAG_SEEN = 2;
export const FLAG_RESTARTED = 4;
export const MAX_FRAMES = 64;
export const HEADER_BYTES = 12;

const SIZES = { f8: 8, f4: 4, u2: 2, u1: 1 };

/** Name, type and count of every field of a frame, in order. */
export const FIELDS = [
  ['time_s', 'f8', 1],
  ['flags', 'u1', 1],
  ['width_px', 'u2', 1],
  ['height_px', 'u2', 1],
  ['luma', 'f4', 1],
  ['shift_x', 'f4', 1],
  ['shift_y', 'f4', 1],
  ['sharpness', 'f4', 1],
  ['keypoints', 'f4', 66],
  ['visibility', 'f4', 33],
  ['world', 'f4', 99],
  ['presence', 'f4', 1],
  ['dorsal', 'f4', 61],
  ['hidden', 'u1', 61],
  ['ventral', 'f4', 31],
  ['thigh_back', 'f4', 13],
  ['thigh_front', 'f4', 13],
  ['seat', 'f4', 2],
  ['edge_softness_px', 'f4', 1],
  ['body_top_px', 'f4', 1],
  ['body_bottom_px', 'f4', 1],
  ['clipped', 'f4', 1],
];

export const FRAME_BYTES = FIELDS.reduce((sum, [, type, count]) => sum + SIZES[type] * count, 0);

/**
 * Write one frame.
 * @param {Object} frame numbers and flat arrays of numbers, by the names of FIELDS
 * @returns {ArrayBuffer} FRAME_BYTES bytes
 */
export function writeFrame(frame) {
  const bytes = new ArrayBuffer(FRAME_BYTES);
  const view = new DataView(bytes);
  let at = 0;
  for (const [name, type, count] of FIELDS) {
    const value = frame[name];
    if (value === undefined || (count > 1 && value.length !== count)) {
      throw new RangeError(`A frame needs ${count} of ${name}.`);
    }
    for (let i = 0; i < count; i += 1) {
      writeNumber(view, at, type, count > 1 ? value[i] : value);
      at += SIZES[type];
    }
  }
  return bytes;
}

function writeNumber(view, at, type, number) {
  if (type === 'f4') view.setFloat32(at, number, true);
  else if (type === 'f8') view.setFloat64(at, number, true);
  else if (type === 'u2') view.setUint16(at, number, true);
  else view.setUint8(at, number);
}

/**
 * Put frames together as one message.
 * @param {number} first number of the first frame in its set, counted from 0
 * @param {ArrayBuffer[]} frames 1 to MAX_FRAMES frames of writeFrame
 * @returns {ArrayBuffer}
 */
export function packFrames(first, frames) {
  if (frames.length < 1 || frames.length > MAX_FRAMES) {
    throw new RangeError(`${frames.length} frames do not fit in one message.`);
  }
  const message = new Uint8Array(HEADER_BYTES + frames.length * FRAME_BYTES);
  const header = new DataView(message.buffer);
  message.set([0x48, 0x48, 0x4c, 0x31]); // HHL1
  header.setUint32(4, first, true);
  header.setUint16(8, frames.length, true);
  frames.forEach((frame, i) => message.set(new Uint8Array(frame), HEADER_BYTES + i * FRAME_BYTES));
  return message.buffer;
}
