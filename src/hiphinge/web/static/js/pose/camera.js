// Opens the camera, and says in words what stands in the way.

const SIZE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };

/** What, expected and next step of every problem, by its code; a page may pass these in another language. */
export const CAMERA_TEXTS = {
  insecure: {
    what: 'This page may not use the camera, because it was not loaded over a secure connection.',
    expected: 'an address that begins with https://, or this computer itself (localhost)',
    next_step: 'Open the page on the computer that runs it, or have it served with a certificate.',
  },
  unsupported: {
    what: 'This browser cannot follow a person in the camera’s picture.',
    expected: 'a browser of the last two years',
    next_step: 'Update the browser or open the page in another one; you can also upload a video instead.',
  },
  denied: {
    what: 'The camera was not allowed.',
    expected: 'permission to use the camera; the picture stays on this device',
    next_step: 'Allow the camera in the browser’s settings for this page, then press start again.',
  },
  missing: {
    what: 'No camera was found.',
    expected: 'a camera in this device, or one that is plugged in',
    next_step: 'Plug a camera in, or open this page on a phone; you can also upload a video instead.',
  },
  busy: {
    what: 'The camera cannot be used just now.',
    expected: 'a camera that no other program is using',
    next_step: 'Close other programs that use the camera, then press start again.',
  },
  ended: {
    what: 'The camera stopped.',
    expected: 'a camera that stays on for the whole set',
    next_step: 'Plug the camera in again if it came loose, then press start again.',
  },
  model: {
    what: 'The pose model does not run in this browser.',
    expected: 'a browser of the last two years, with WebAssembly',
    next_step: 'Load the page again; if that does not help, upload a video instead.',
  },
  slow: {
    what: 'This device follows your movement too slowly for live coaching.',
    expected: 'at least 8 pictures a second',
    next_step: 'Close other programs and pages, or film yourself and upload the video instead.',
  },
};

/** A problem with the camera or the model, told in words. */
export class PoseError extends Error {
  /**
   * @param {string} code key of CAMERA_TEXTS
   * @param {{texts?: Object, detail?: string}} [more]
   */
  constructor(code, { texts = CAMERA_TEXTS, detail = '' } = {}) {
    const text = texts[code] ?? CAMERA_TEXTS[code];
    super(text.what);
    this.name = 'PoseError';
    this.code = code;
    this.detail = detail;
    Object.assign(this, text);
  }
}

const CODES = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/**
 * Open the camera, without sound.
 * @param {{facing?: 'user'|'environment', deviceId?: string, texts?: Object}} [wanted]
 * @returns {Promise<MediaStream>}
 * @throws {PoseError}
 */
export async function openCamera({ facing = 'user', deviceId = '', texts = CAMERA_TEXTS } = {}) {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) throw new PoseError(isSecureContext ? 'unsupported' : 'insecure', { texts });
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: facing } };
  try {
    return await devices.getUserMedia({ audio: false, video: { ...SIZE, ...which } });
  } catch (error) {
    throw new PoseError(CODES[error.name] ?? 'busy', { texts, detail: `${error.name}: ${error.message}` });
  }
}

/**
 * Name the cameras to choose from; browsers name them only after one was allowed.
 * @returns {Promise<{id: string, label: string}[]>}
 */
export async function listCameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter((device) => device.kind === 'videoinput')
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
