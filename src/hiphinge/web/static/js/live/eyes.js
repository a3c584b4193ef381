// Camera and pose: opened for a set or a look beforehand, let go as soon as they are not needed.

import { openCamera, PoseSource } from "../pose/source.js";

import { PictureSource } from "./pictures.js";

/** Something that ends a start, with the kind of its words; the server's own words go before them. */
export class Trouble extends Error {
  constructor(kind, cause = null) {
    super(kind);
    const told = cause?.status ? { what: cause.message, next_step: cause.nextStep } : {};
    this.trouble = { type: "trouble", kind, ...told };
  }
}

export class Eyes {
  constructor(root, view, stage, strings) {
    Object.assign(this, { root, view, stage, strings });
    this.videos = [view.video, view.one("preview-video")];
    this.facing = "user";
    this.stream = null;
    this.source = null;
  }

  /** Open the camera, unless it is open. */
  async open() {
    try {
      this.stream ??= await openCamera({ facing: this.facing });
    } catch (error) {
      throw new Trouble(error.code ?? "busy");
    }
    // As in a mirror, unless the camera says that it looks away from the screen.
    this.stage.selfie = this.stream.getVideoTracks()[0]?.getSettings?.().facingMode !== "environment";
    for (const video of this.videos) {
      video.srcObject = this.stream;
      video.classList.toggle("is-mirrored", this.stage.selfie);
      video.play().catch(() => {}); // it plays once it is shown
    }
  }

  /** Follow the person in the camera's picture; returns how many pictures a second this device follows. */
  async follow({ onFrame, onStatus }) {
    const source = new PoseSource();
    this.source = source;
    try {
      await source.start(this.stream, { onFrame, onStatus });
    } catch (error) {
      throw new Trouble(error.code ?? "model");
    }
    return source.found.fps;
  }

  /** Take pictures for a server that looks at them. */
  async picture(onPicture) {
    this.source = new PictureSource(this.view.video);
    await this.source.start(onPicture);
  }

  setMirror(on) {
    this.source?.setMirror(on);
  }

  /** Show what the camera sees, before a set. */
  async preview() {
    const place = this.view.one("preview-text");
    try {
      await this.open();
    } catch (error) {
      place.textContent = this.strings.trouble[error.trouble.kind].join(". ");
      return;
    }
    place.textContent = this.strings.camera_open;
    this.view.one("preview").hidden = false;
    this.root.querySelector('[data-action="turn"]').hidden = false;
    const wall = this.view.one("wall");
    if (wall) {
      wall.disabled = false;
    }
  }

  /** Take the camera on the other side of the device. */
  async turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.#closeCamera();
    await this.preview();
  }

  close() {
    this.source?.stop();
    this.source = null;
    this.#closeCamera();
    this.view.one("preview").hidden = true;
  }

  #closeCamera() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    for (const video of this.videos) {
      video.srcObject = null;
    }
  }
}
