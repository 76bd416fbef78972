// The window and the theme of the browser.

/**
 * Tells a model what only the browser knows: that its window is narrow, its theme dark.
 * @param {{narrow: boolean, dark: boolean}} model
 */
export function tellDisplay(model) {
  if (window.innerWidth < 900) model.narrow = true;
  if (window.matchMedia("(prefers-color-scheme: dark)").matches) model.dark = true;
}
