// Small helps on the patient's pages; everything works without them.
import { announce } from "./app.js";

// A picture that moves can be stopped; under reduced motion it stands still from the start.
for (const button of document.querySelectorAll("[data-still-button]")) {
  const figure = button.closest("figure");
  const image = figure.querySelector("img");
  const source = figure.querySelector("source");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let moving = !calm.matches;
  const show = () => {
    source?.remove();
    image.src = moving ? image.dataset.moving : image.dataset.still;
    button.textContent = moving ? button.dataset.stop : button.dataset.go;
  };
  button.hidden = false;
  button.textContent = moving ? button.dataset.stop : button.dataset.go;
  button.addEventListener("click", () => { moving = !moving; show(); });
}

// The body follows the list beside it, and can be pressed in its place.
for (const map of document.querySelectorAll("[data-bodymap]")) {
  const boxes = new Map([...map.querySelectorAll("input")].map((box) => [box.value, box]));
  const regions = [...map.querySelectorAll(".region")];
  const boxOf = (region) => boxes.get(region.dataset.place) ?? boxes.get(region.dataset.also);
  const show = () => {
    for (const region of regions) region.classList.toggle("is-on", Boolean(boxOf(region)?.checked));
  };
  for (const region of regions) {
    const box = boxOf(region);
    if (!box) { region.remove(); continue; }
    region.classList.add("is-choice");
    region.addEventListener("click", () => {
      box.checked = !box.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  map.addEventListener("change", (event) => {
    // "Nothing much" and a place exclude each other.
    const nothing = boxes.get("nothing");
    if (nothing && event.target.checked) {
      if (event.target === nothing) for (const box of boxes.values()) box.checked = box === nothing;
      else nothing.checked = false;
    }
    show();
  });
  show();
}

// "No to all that are still open here": fills in only what was not answered.
for (const section of document.querySelectorAll("[data-flags]")) {
  const place = section.querySelector("[data-all-no]");
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => {
    for (const group of section.querySelectorAll("fieldset")) {
      if (!group.querySelector("input:checked")) group.querySelector('input[value="no"]').checked = true;
    }
  });
}

// How far a film is, told by the server as it goes on.
const job = document.querySelector("[data-job]");
if (job && job.dataset.over === "no") {
  const say = job.querySelector("[data-job-say]");
  const meter = job.querySelector("[data-job-meter]");
  const stream = new EventSource(job.dataset.events);
  stream.addEventListener("progress", (event) => {
    const told = JSON.parse(event.data);
    if (say.textContent !== told.say) say.textContent = told.say;
    // How far a film is that another computer looks at cannot be told: a bar at nothing would say that it hangs.
    if (meter && (told.percent || told.state !== "running")) meter.value = told.percent;
    else if (meter) meter.removeAttribute("value");
  });
  stream.addEventListener("end", (event) => {
    stream.close();
    const told = JSON.parse(event.data);
    announce(told.say);
    if (told.url) location.replace(told.url);
    else location.reload();
  });
}
