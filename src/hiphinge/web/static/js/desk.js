// The desk's small helpers: going to a line of the program, and the clock of an appointment.

const editor = document.getElementById("f-toml");
const cursor = document.querySelector("[data-cursor]");

/** Put the cursor at the start of a line, counted from 1, with the line selected. */
function goToLine(number) {
  const lines = editor.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
  const high = parseFloat(getComputedStyle(editor).lineHeight) || 20;
  editor.scrollTop = Math.max(0, (number - 6) * high);
}

if (editor && cursor) {
  const tell = () => {
    cursor.hidden = false;
    cursor.textContent = cursor.dataset.text.replace("{line}", String(editor.value.slice(0, editor.selectionStart).split("\n").length));
  };
  for (const name of ["keyup", "click", "input", "focus"]) editor.addEventListener(name, tell);
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); goToLine(Number(link.dataset.line)); tell(); });
  }
}

// How long an appointment has taken so far.
for (const clock of document.querySelectorAll("[data-since]")) {
  const since = Date.parse(clock.dataset.since);
  const show = () => {
    const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
    clock.hidden = seconds > 3 * 3600; // an appointment of another day
    clock.textContent = clock.dataset.text.replace("{m}", String(Math.floor(seconds / 60))).replace("{s}", String(seconds % 60).padStart(2, "0"));
  };
  show();
  setInterval(show, 1000);
}

// While a film is looked at, the page looks again by itself.
const waiting = document.querySelector("[data-again]");
if (waiting) setTimeout(() => location.reload(), 1000 * Number(waiting.dataset.again));

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
