// Frames of a camera or a film, followed by the pose worker: one frame in flight, none queued.
//
//   const source = new PoseSource();
//   await source.start(await openCamera({ facing: 'user' }), { onFrame, onStatus });
//   source.setMirror(true);
//   source.stop();

import { CAMERA_TEXTS, PoseError } from './camera.js';

export { CAMERA_TEXTS, PoseError, listCameras, openCamera } from './camera.js';

/** Fewer pictures a second than this are too few for live coaching. */
export const MIN_FPS = 8;
const SLOW_AFTER_S = 4;
const FPS_OVER_S = 2;
/** A worker that owes an answer for so long is taken to have died; the first answers may wait for the model. */
const DEAD_AFTER_MS = 10_000;
const LOADING_MS = 120_000;
const WATCH_EVERY_MS = 1_000;
const MAX_RESTARTS = 3;
/** A worker that answered so often is not the one that died before. */
const SOUND_AFTER = 300;

/**
 * Follows the person in a stream or a film.
 *
 * Dispatches `frame` and `status` events besides calling onFrame and onStatus. A frame has: time_s (from 0, growing),
 * seen, mirrored, restarted, width_px, height_px, points (33 x 2, NaN where nobody is), visibility (33), back (61 x 2
 * points of the back's outline, NaN where hidden), clipped, bytes (one frame of the live wire) and took_ms. A status
 * has: state (loading, ready, running, paused, slow, failed, ended), model, delegate, fps, and what, expected and
 * next_step where something stands in the way.
 */
export class PoseSource extends EventTarget {
  /**
   * @param {{model?: 'auto'|'full'|'lite', delegate?: 'auto'|'GPU'|'CPU', texts?: Object, newWorker?: Function}} [options]
   */
  constructor({ model = 'auto', delegate = 'auto', texts = CAMERA_TEXTS, newWorker = makeWorker } = {}) {
    super();
    this.wanted = { model, delegate };
    this.texts = texts;
    this.newWorker = newWorker;
    this.running = false;
    this.mirror = false;
    this.found = { model: '', delegate: '', fps: 0 };
    this.worker = null;
    this.listeners = new AbortController();
  }

  /**
   * Begin; resolves when the model is there and frames are followed.
   * @param {MediaStream|HTMLVideoElement} stream a camera's stream, or a film's element, which the page plays
   * @param {{onFrame?: Function, onStatus?: Function, video?: HTMLVideoElement}} [more] video shows the stream, if given
   * @throws {PoseError} the model does not run here
   */
  async start(stream, { onFrame = () => {}, onStatus = () => {}, video = null } = {}) {
    if (this.running) this.stop();
    Object.assign(this, { onFrame, onStatus, running: true, restarts: 0, restarted: false, fresh: null });
    this.listeners = new AbortController();
    this.clock = new FrameClock();
    this.meter = new RateMeter();
    this.tell('loading');
    try {
      await this.attach(stream, video);
      await this.load();
    } catch (error) {
      this.stop();
      this.tell('failed', error);
      throw error;
    }
    if (!this.running) return;
    this.watchPage();
    this.tell(this.found.fps < MIN_FPS ? 'slow' : 'ready', this.found.fps < MIN_FPS ? this.problem('slow') : null);
    this.next();
  }

  /** Draw the picture mirrored from the next frame on, or not. */
  setMirror(on) {
    this.mirror = Boolean(on);
  }

  /** Follow another stream, as when the camera is turned round; the next frame is marked as a restart. */
  async change(stream) {
    const own = this.ownVideo;
    await this.attach(stream, this.video);
    this.ownVideo = own;
    this.jump();
  }

  /** Stop following and let the camera's stream be: whoever opened it closes it. */
  stop() {
    this.running = false;
    this.listeners.abort();
    this.worker?.terminate();
    this.worker = null;
    clearInterval(this.watcher);
    if (this.ownVideo) this.video.srcObject = null;
    this.lock?.release().catch(() => {});
    this.lock = null;
  }

  async attach(stream, video) {
    if (stream instanceof HTMLVideoElement) {
      Object.assign(this, { video: stream, ownVideo: false, ownStream: false });
      stream.addEventListener('ended', () => this.tell('ended'), { signal: this.listeners.signal });
      stream.addEventListener('seeking', () => this.jump(), { signal: this.listeners.signal });
      return;
    }
    Object.assign(this, { video: video ?? document.createElement('video'), ownVideo: video === null, ownStream: true });
    Object.assign(this.video, { muted: true, playsInline: true });
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    for (const track of stream.getVideoTracks()) {
      const ended = () => this.video.srcObject === stream && this.tell('failed', this.problem('ended'));
      track.addEventListener('ended', ended, { signal: this.listeners.signal });
    }
    try {
      await this.video.play();
    } catch (error) {
      throw new PoseError('busy', { texts: this.texts, detail: error.message });
    }
  }

  /** Start a worker; resolves when its model is there. */
  load() {
    this.worker?.terminate();
    const worker = this.newWorker();
    this.worker = worker;
    this.busy = null;
    let timer = 0;
    const loaded = new Promise((resolve, reject) => {
      const fail = (detail) => reject(new PoseError('model', { texts: this.texts, detail }));
      timer = setTimeout(() => fail('no answer'), LOADING_MS);
      this.listeners.signal.addEventListener('abort', resolve);
      worker.onerror = (event) => (this.ready ? this.revive() : fail(event.message));
      this.ready = false;
      worker.onmessage = ({ data }) => {
        if (worker !== this.worker) return;
        if (data.ready) {
          this.ready = true;
          this.found = data.ready;
          resolve();
        } else if (data.error && !this.ready) fail(data.error.what);
        else this.take(data);
      };
      worker.postMessage({ init: this.wanted });
    });
    return loaded.finally(() => clearTimeout(timer));
  }

  take(data) {
    this.busy = null;
    if (data.error) {
      if (data.error.code === 'lost') this.wanted.delegate = 'CPU';
      this.revive();
      return;
    }
    this.meter.add(performance.now());
    if (this.meter.count > SOUND_AFTER) this.restarts = 0;
    this.grab();
    this.onFrame(data);
    this.dispatchEvent(new CustomEvent('frame', { detail: data }));
  }

  /** Start the worker again after it died or lost its graphics card. */
  async revive() {
    if (!this.running || this.reviving) return;
    this.reviving = true;
    this.restarts += 1;
    this.tell('loading');
    try {
      if (this.restarts > MAX_RESTARTS) throw this.problem('model');
      await this.load();
      this.meter = new RateMeter();
      if (this.running) this.tell('running');
    } catch (error) {
      this.stop();
      this.tell('failed', error);
    } finally {
      this.reviving = false;
    }
  }

  /** Wait for the next picture. */
  next() {
    if (!this.running) return;
    if (this.video.requestVideoFrameCallback) {
      this.video.requestVideoFrameCallback((now, told) => this.see(told.mediaTime, told.captureTime ?? now));
    } else {
      requestAnimationFrame((now) => this.see(this.video.currentTime, now));
    }
  }

  /** A picture is there: it waits for the worker, and gives way to a later one. */
  see(mediaTime, now) {
    this.next();
    this.fresh = { source: this.ownStream ? now / 1000 : mediaTime, wall: now / 1000 };
    this.grab();
  }

  /** Hand the newest picture to the worker, if both are there. */
  async grab() {
    const { video, worker, fresh } = this;
    if (!this.running || !this.ready || this.busy !== null || fresh === null) return;
    this.fresh = null;
    if (document.hidden || video.videoWidth === 0) return;
    const timeS = this.clock.read(fresh.source, fresh.wall);
    if (timeS === null) return;
    this.busy = performance.now();
    try {
      const frame = await picture(video);
      const sent = { frame, time_s: timeS, mirror: this.mirror, restarted: this.restarted };
      if (worker === this.worker && this.running) {
        this.restarted = false;
        worker.postMessage(sent, [frame]);
      } else frame.close();
    } catch {
      this.busy = null; // no picture just now, as when the camera is being switched
    }
  }

  /** What comes next is another shot: its time goes on by the wall clock. */
  jump() {
    this.clock.restart();
    this.restarted = true;
  }

  /** Look after the page and the worker while frames are followed. */
  watchPage() {
    this.watcher = setInterval(() => this.check(), WATCH_EVERY_MS);
    const onVisibility = () => {
      if (document.hidden) this.tell('paused');
      else {
        this.jump();
        this.meter = new RateMeter();
        this.stayAwake();
        this.tell('running');
      }
    };
    document.addEventListener('visibilitychange', onVisibility, { signal: this.listeners.signal });
    this.stayAwake();
  }

  check() {
    const now = performance.now();
    if (this.busy !== null && this.ready && now - this.busy > DEAD_AFTER_MS) this.revive();
    const waiting = !this.ready || document.hidden || this.video.paused || this.meter.age(now) < SLOW_AFTER_S;
    if (waiting) return;
    const slow = this.meter.rate(now) < MIN_FPS;
    if (slow && this.wanted.model === 'auto' && this.found.model === 'full') {
      // It was fast enough when it was tried: the device may have grown hot.
      this.wanted.model = 'lite';
      this.revive();
      return;
    }
    this.tell(slow ? 'slow' : 'running', slow ? this.problem('slow') : null);
  }

  /** Keep the screen on, where the browser can. */
  async stayAwake() {
    try {
      this.lock = (await navigator.wakeLock?.request('screen')) ?? null;
      if (!this.running) this.lock?.release();
    } catch {
      this.lock = null; // the battery is low, or the page is hidden: the set goes on
    }
  }

  problem(code) {
    return new PoseError(code, { texts: this.texts });
  }

  tell(state, error = null) {
    const { model, delegate } = this.found;
    const fps = this.meter.rate(performance.now()) || this.found.fps;
    const status = { state, model, delegate, fps };
    if (error) {
      const { code, what, expected, next_step: nextStep } = error;
      Object.assign(status, { code, what: what ?? error.message, expected, next_step: nextStep });
    }
    this.onStatus(status);
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }
}

function makeWorker() {
  return new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
}

/** The picture that a video element shows, to be handed to a worker. */
async function picture(video) {
  if (typeof VideoFrame === 'function') {
    try {
      return new VideoFrame(video);
    } catch {
      // Some browsers make none of an element: a bitmap takes a little longer.
    }
  }
  return createImageBitmap(video);
}

/** Times of frames: from 0, always growing, going on across a restart of the camera. */
export class FrameClock {
  constructor() {
    this.zero = null;
    this.last = null;
    this.lastWall = 0;
  }

  /** The next time is told by the wall clock, whatever the source's own says then. */
  restart() {
    this.zero = null;
  }

  /** Time of a frame, from its source's clock and the wall clock, seconds; null where it is no later than the last. */
  read(source, wall) {
    if (this.zero === null) {
      const passed = this.last === null ? 0 : this.last + Math.max(wall - this.lastWall, 0.001);
      this.zero = source - passed;
    }
    const time = source - this.zero;
    if (this.last !== null && time <= this.last) return null;
    this.last = time;
    this.lastWall = wall;
    return time;
  }
}

/** Frames a second over the last moments. */
export class RateMeter {
  constructor() {
    this.times = [];
    this.first = null;
    this.count = 0;
  }

  add(now) {
    this.first ??= now;
    this.count += 1;
    this.times.push(now);
    while (this.times.length && this.times[0] < now - FPS_OVER_S * 1000) this.times.shift();
  }

  /** Seconds since the first frame. */
  age(now) {
    return this.first === null ? 0 : (now - this.first) / 1000;
  }

  rate(now) {
    const recent = this.times.filter((time) => time >= now - FPS_OVER_S * 1000);
    const span = Math.min(FPS_OVER_S, this.age(now));
    return span > 0 ? recent.length / Math.max(span, 0.25) : 0;
  }
}
