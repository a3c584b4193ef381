// For devices too slow for the model, where the owner of the server allows it: small pictures go to that server, which
// reads and forgets them. Never used unless the person asks for it on the page.

import { FLAG_MIRRORED } from "../pose/wire.js";

const MAGIC = 0x314a4848; // "HHJ1", little-endian
const HEADER_BYTES = 17;
const LONGEST_SIDE = 640;
const STEP_MS = 100;
const QUALITY = 0.7;
/** Half a minute of pictures may wait for the connection; they are heavy. */
export const MAX_PICTURES = 300;

/** One message with one picture; `jpeg` is an ArrayBuffer. */
export function packPicture(seq, { timeS, flags, jpeg }) {
  const bytes = new Uint8Array(HEADER_BYTES + jpeg.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, seq, true);
  view.setFloat64(8, timeS, true);
  view.setUint8(16, flags);
  bytes.set(new Uint8Array(jpeg), HEADER_BYTES);
  return bytes.buffer;
}

/** The same to start, mirror and stop as the source that finds points, but `onPicture` gets {timeS, flags, jpeg}. */
export class PictureSource {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
    this.mirror = false;
    this.timer = null;
  }

  async start(onPicture) {
    this.stop();
    const began = performance.now();
    this.timer = setInterval(() => this.#take(onPicture, (performance.now() - began) / 1000), STEP_MS);
  }

  setMirror(on) {
    this.mirror = on;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  #take(onPicture, timeS) {
    const { videoWidth, videoHeight } = this.video;
    if (this.busy || !videoWidth) {
      return;
    }
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    [this.canvas.width, this.canvas.height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    const ctx = this.canvas.getContext("2d");
    const flags = this.mirror ? FLAG_MIRRORED : 0;
    if (this.mirror) {
      ctx.setTransform(-1, 0, 0, 1, this.canvas.width, 0);
    }
    ctx.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    this.busy = true;
    this.canvas.toBlob(
      async (blob) => {
        const jpeg = await blob?.arrayBuffer();
        this.busy = false;
        if (jpeg && this.timer !== null) {
          onPicture({ timeS, flags, jpeg });
        }
      },
      "image/jpeg",
      QUALITY,
    );
  }
}
