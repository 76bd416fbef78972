// The keys that play, wherever the focus is, unless they mean something else there.

/** Roles of elements that use the arrow keys themselves. */
const CHOICES = ["listbox", "menu", "slider", "tablist", "combobox"];
const SPEED_KEYS = ["1", "2", "3", "4", "5"];

/**
 * @typedef {{toggle: true} | {by: number} | {to: number} | {speed: number}} Action to play or to
 *   pause, to go on by some steps, to a step, or to set the speed of an index
 */

/**
 * Returns what a key does; null where it belongs to something else.
 * @param {Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">} event
 * @param {any[]} path the elements with the focus, from the innermost outward
 * @param {{scrub: unknown, toggle: unknown}} bar the playback bar's slider and its main button
 * @returns {Action | null}
 */
export function actionOf({key, shiftKey, ctrlKey, metaKey, altKey}, path, {scrub, toggle}) {
  const [target] = path, tag = target?.tagName;
  if (ctrlKey || metaKey || altKey || isTaken(path) || (tag === "INPUT" && target !== scrub))
    return null;
  if (key === " ") return tag === "BUTTON" && target !== toggle ? null : {toggle: true};
  if (key === "ArrowRight") return {by: shiftKey ? 10 : 1};
  if (key === "ArrowLeft") return {by: shiftKey ? -10 : -1};
  if (key === "Home") return {to: 0};
  if (key === "End") return {to: Infinity};
  return SPEED_KEYS.includes(key) ? {speed: SPEED_KEYS.indexOf(key)} : null;
}

/** @param {any[]} path */
function isTaken(path) {
  const [target] = path;
  return target?.tagName === "TEXTAREA" || target?.isContentEditable
    || path.some((node) => CHOICES.includes(node.role ?? node.getAttribute?.("role")))
    || path.some((node) => node.classList?.contains("scroll"));
}
