// What every page has: the token for changes, light and dark, and saying things to a screen reader.
import { watchErasing } from "./forget.js";

/** The token that every change has to carry. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** `fetch` with the token, and an error with the server's own kind words. */
export async function send(url, { method = "POST", headers = {}, body = undefined, signal = undefined } = {}) {
  const answer = await fetch(url, {
    method,
    headers: { Accept: "application/json", "X-CSRF-Token": csrfToken(), ...headers },
    body,
    signal,
    credentials: "same-origin",
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    const error = new Error(told.what ?? answer.statusText);
    error.status = answer.status;
    error.nextStep = told.next_step ?? "";
    error.expected = told.expected ?? "";
    throw error;
  }
  return answer.status === 204 ? null : answer.json();
}

/** Say something to those who listen instead of looking. */
export function announce(text) {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrfToken();
});

function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

for (const button of document.querySelectorAll("[data-theme-button]")) {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(dark()));
  button.addEventListener("click", () => {
    const next = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    button.setAttribute("aria-pressed", String(next === "dark"));
    try { localStorage.setItem("hiphinge-theme", next); } catch { /* it holds for this page only */ }
  });
}

// A field that is there to be copied.
for (const field of document.querySelectorAll("[data-select]")) {
  field.addEventListener("focus", () => field.select());
}
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).value);
    button.textContent = button.dataset.copied;
    announce(button.dataset.copied);
  });
}

watchErasing(document, () => localStorage);

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.dataset.sent) {
    if (event.target.dataset.sent) event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
