// The texts that a page gives its scripts, in the page's language.

const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");
/** A text of the page, with its values put in. */
export const say = (key, values = {}) => Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), strings[key] ?? key);
