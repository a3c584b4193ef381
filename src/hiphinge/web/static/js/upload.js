// Sending a film in pieces: it goes on after a lost connection, and after the page was closed.
import { announce, csrfToken, send } from "./app.js";

const form = document.querySelector("[data-upload]");
const words = form ? JSON.parse(document.getElementById("upload-strings").textContent) : {};

/** What is known of an unfinished film, kept by the browser only. */
class Remembered {
  constructor(person) { this.key = `hiphinge-upload-${person}`; }
  read() {
    try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; }
  }
  write(value) {
    try {
      if (value) localStorage.setItem(this.key, JSON.stringify(value));
      else localStorage.removeItem(this.key);
    } catch { /* then it is sent from the start after a reload */ }
  }
}

const sameFile = (known, file) =>
  known && known.name === file.name && known.size === file.size && known.modified === file.lastModified;

const wait = (ms, signal) => new Promise((go, stop) => {
  const timer = setTimeout(go, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); stop(signal.reason); }, { once: true });
});

/** One film on its way. `onProgress(share)`, `onTrouble(text)`. */
export class Sending {
  constructor({ base, pieceBytes, remembered, onProgress, onTrouble }) {
    Object.assign(this, { base, pieceBytes, remembered, onProgress, onTrouble });
    this.abort = new AbortController();
  }

  /** Send all of a file; returns the upload's id once the server has every byte. */
  async send(file, meta) {
    const known = this.remembered.read();
    let upload = null;
    let offset = 0;
    if (sameFile(known, file)) {
      offset = await this.#patiently(() => this.#offset(known.upload));
      upload = offset === null ? null : known.upload;
    }
    if (!upload) {
      const made = await this.#patiently(() => send(this.base, {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ size: file.size, name: file.name, ...meta }),
        signal: this.abort.signal,
      }));
      upload = made.upload;
      offset = made.offset;
      this.remembered.write({ upload, name: file.name, size: file.size, modified: file.lastModified });
    }
    this.upload = upload;
    this.onProgress(offset / file.size);
    while (offset < file.size) {
      const from = offset;
      offset = await this.#patiently(() => this.#piece(upload, file, from));
      this.onProgress(offset / file.size);
    }
    return upload;
  }

  async #offset(upload) {
    const answer = await fetch(`${this.base}/${upload}`, { method: "HEAD", signal: this.abort.signal });
    if (answer.status === 404) return null;
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
    return Number(answer.headers.get("Upload-Offset"));
  }

  async #piece(upload, file, offset) {
    const piece = file.slice(offset, Math.min(file.size, offset + this.pieceBytes));
    const answer = await fetch(`${this.base}/${upload}`, {
      method: "PATCH",
      headers: {
        "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset),
        "X-CSRF-Token": csrfToken(), Accept: "application/json",
      },
      body: piece,
      signal: this.abort.signal,
    });
    const goesOn = answer.headers.get("Upload-Offset");
    if ((answer.ok || answer.status === 409) && goesOn !== null) return Number(goesOn);
    const told = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(told.what ?? answer.statusText), { status: answer.status, nextStep: told.next_step ?? "" });
  }

  /** Try again while the connection is away or the server is busy; everything else is told. */
  async #patiently(work) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        const passing = error.status === undefined || error.status === 408 || error.status === 429 || error.status >= 500 && error.status !== 507;
        if (this.abort.signal.aborted || !passing) throw error;
        this.onTrouble(words.waiting);
        await wait(Math.min(1000 * 2 ** tries, 15000), this.abort.signal);
      }
    }
  }
}

/** The answers of the form, for the call that ends a film; a list where a question takes several. */
function answersOf(element) {
  const said = {};
  for (const [name, value] of new FormData(element)) {
    if (value instanceof File || name === "csrf_token") continue;
    (said[name] ??= []).push(value);
  }
  return said;
}

if (form) {
  const input = form.querySelector('input[type="file"]');
  const box = form.querySelector("[data-send]");
  const bar = box.querySelector("progress");
  const say = box.querySelector("[data-send-say]");
  const button = form.querySelector('button[type="submit"]');
  const trouble = form.querySelector("[data-send-trouble]");
  const remembered = new Remembered(form.dataset.person);
  let sending = null;
  let arriving = null;

  const tell = (text) => { say.textContent = text; };
  const complain = (text) => { trouble.hidden = !text; trouble.textContent = text; if (text) trouble.scrollIntoView({ block: "nearest" }); };

  const known = remembered.read();
  if (known) {
    box.hidden = false;
    bar.hidden = true;
    tell(words.unfinished.replace("{name}", known.name));
  }

  function begin(file) {
    sending?.abort.abort();
    complain("");
    box.hidden = false;
    bar.hidden = false;
    bar.value = 0;
    const mine = new Sending({
      base: form.dataset.api, pieceBytes: Number(form.dataset.piece), remembered,
      onProgress: (share) => {
        bar.value = Math.round(100 * share);
        tell(share < 1 ? words.sending.replace("{percent}", String(bar.value)) : words.arrived);
      },
      onTrouble: (text) => { if (say.textContent !== text) announce(text); tell(text); },
    });
    sending = mine;
    arriving = mine.send(file, { keep: form.elements.keep?.checked ?? false });
    arriving.then(() => { if (mine === sending) announce(words.arrived); }, (error) => {
      if (mine !== sending || mine.abort.signal.aborted) return;
      if (error.status !== undefined) remembered.write(null);
      bar.hidden = true;
      tell("");
      complain([error.message, error.nextStep].filter(Boolean).join(" "));
    });
  }

  const take = () => {
    const [file] = input.files;
    if (file?.size === 0) {
      input.value = "";
      complain(words.empty);
    } else if (file) {
      begin(file);
    }
  };
  input.addEventListener("change", take);

  async function finish(upload) {
    const answer = await fetch(`${form.dataset.api}/${upload}/finish`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrfToken(), Accept: "application/json" },
      body: JSON.stringify(answersOf(form)),
    });
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      remembered.write(null);
      location.assign(form.dataset.then || told.url); // an appointment goes on at the desk
      return;
    }
    if (answer.status === 404) {
      // It was looked at already: the answer to an earlier try was lost on its way.
      remembered.write(null);
      location.assign(form.dataset.today);
      return;
    }
    if (told.missing) { showMissing(told.missing); return; }
    if (answer.status < 500) { remembered.write(null); sending = null; arriving = null; input.value = ""; bar.hidden = true; tell(""); }
    complain([told.what, told.next_step].filter(Boolean).join(" "));
  }

  function showMissing(missing) {
    for (const old of form.querySelectorAll(".error[data-from-js]")) old.remove();
    let first = null;
    for (const [name, text] of Object.entries(missing)) {
      const field = document.getElementById(`f-${name}`);
      if (!field) continue;
      const place = field.matches("fieldset") ? field : field.closest(".field");
      const said = document.createElement("p");
      said.className = "error";
      said.id = `e-${name}`;
      said.dataset.fromJs = "";
      said.textContent = text;
      place.append(said);
      field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} e-${name}`.trim());
      first ??= field;
    }
    (first?.querySelector("input") ?? first)?.focus();
    complain(words.open);
  }

  form.addEventListener("submit", async (event) => {
    if (!input.files[0]) {
      event.preventDefault();
      complain(words.choose);
      return;
    }
    event.preventDefault();
    if (!sending) begin(input.files[0]);
    button.disabled = true;
    try {
      const upload = await arriving;
      await finish(upload);
    } catch (error) {
      if (error.status === undefined) complain(words.waiting);
    } finally {
      button.disabled = false;
    }
  });

  addEventListener("beforeunload", (event) => {
    if (sending && bar.value > 0 && bar.value < 100) event.preventDefault();
  });

  // Chosen before this script ran, or kept by the browser when it drew the page again.
  if (!sending) take();
}
