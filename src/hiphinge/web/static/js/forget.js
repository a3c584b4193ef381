// What a browser keeps of a person by itself (their first rep as points, a film half sent) goes when they are erased.

/** Remove everything that `storage` keeps of a person; what is not about them stays. */
export function forgetPerson(person, storage) {
  const kept = Array.from({ length: storage.length }, (_, number) => storage.key(number));
  for (const key of kept) {
    if (key === `hiphinge-upload-${person}` || key.startsWith(`hiphinge.ghost.${person}.`)) storage.removeItem(key);
  }
}

/** Let every form of a page that erases somebody clear this browser, too. */
export function watchErasing(page, storage) {
  for (const form of page.querySelectorAll("form[data-erases]")) {
    form.addEventListener("submit", () => {
      try { forgetPerson(form.dataset.erases, storage()); } catch { /* storage is switched off: nothing is kept */ }
    });
  }
}
