// Brings a person mask into bytes, 255 = certainly the person, from wherever the model left it.

/**
 * Reads masks of one model; what it returns is overwritten by the next.
 */
export class MaskBytes {
  /** @param {OffscreenCanvas} canvas the one that the model computes on */
  constructor(canvas) {
    this.canvas = canvas;
    this.bytes = new Uint8Array(0);
    this.pixels = null;
    this.buffer = null;
  }

  /**
   * @param {MPMask} mask
   * @returns {Uint8Array} row by row, from the top
   */
  read(mask) {
    const count = mask.width * mask.height;
    if (this.bytes.length !== count) {
      this.bytes = new Uint8Array(count);
      this.pixels = null;
    }
    if (mask.hasWebGLTexture()) this.readTexture(mask, count);
    else toBytes(mask.getAsFloat32Array(), 1, this.bytes);
    return this.bytes;
  }

  // The library's own reading asks for floats, which a texture of bytes does not give: it comes back empty.
  readTexture(mask, count) {
    const gl = this.canvas.getContext('webgl2');
    const before = gl.getParameter(gl.FRAMEBUFFER_BINDING);
    this.buffer ??= gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, mask.getAsWebGLTexture(), 0);
    const floats = gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_TYPE) !== gl.UNSIGNED_BYTE;
    this.pixels ??= floats ? new Float32Array(4 * count) : new Uint8Array(4 * count);
    gl.readPixels(0, 0, mask.width, mask.height, gl.RGBA, floats ? gl.FLOAT : gl.UNSIGNED_BYTE, this.pixels);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, null, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, before);
    if (floats) toBytes(this.pixels, 4, this.bytes);
    else for (let i = 0; i < count; i += 1) this.bytes[i] = this.pixels[4 * i];
  }
}

function toBytes(shares, stride, bytes) {
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = shares[stride * i] * 255 + 0.5;
}
