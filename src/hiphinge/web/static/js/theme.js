// Before the first paint: the reader's own choice of light or dark, where one was made.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("hiphinge-theme"); } catch { /* storage is switched off */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
