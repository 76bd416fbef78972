// Numbers as people write and read them; written as by `number` of egop/theme.py.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * Returns a number as people write it: 0.25, 148, 1.2×10⁻⁵; "∞" and "undefined" for the others.
 * @param {number} value
 * @param {number} [digits]
 */
export function formatNumber(value, digits = 2) {
  if (Number.isNaN(value)) return "undefined";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const [, power] = value.toExponential().split("e");
  if (value === 0) return "0";
  if (Number(power) >= -3 && Number(power) < Math.max(4, digits)) {
    const places = Math.max(0, digits - 1 - Number(power));
    return minus(shortened(halfToEven(value.toFixed(100), places) ?? value.toFixed(places)));
  }
  const [near, exponent] = value.toExponential(digits - 1).split("e");
  const [exact] = value.toExponential(100).split("e");
  const mantissa = shortened(halfToEven(exact, digits - 1) ?? near);
  const scale = `10${superscript(Number(exponent))}`;
  return mantissa === "1" ? scale : `${minus(mantissa)}×${scale}`;
}

/**
 * Returns the label of a tick on an axis of log₁₀ values: a power of ten, "" between them.
 * @param {number} exponent
 */
export function powerLabel(exponent) {
  return Number.isInteger(exponent) ? `10${superscript(exponent)}` : "";
}

/**
 * Returns the label of a tick on an axis of log₁₀ rates: 0.01, 0.1, 1, 10, and powers beyond.
 * @param {number} exponent
 */
export function rateLabel(exponent) {
  const isPlain = Number.isInteger(exponent) && exponent >= -3 && exponent < 4;
  return isPlain ? formatNumber(10 ** exponent) : powerLabel(exponent);
}

/**
 * Returns the digits up to a place where what follows is one half and the last digit is even:
 * JavaScript would round it up, Python does not. Null elsewhere.
 * @param {string} exact
 * @param {number} places
 */
function halfToEven(exact, places) {
  const end = exact.indexOf(".") + 1 + places;
  const kept = exact.slice(0, places === 0 ? end - 1 : end);
  return /^50*$/.test(exact.slice(end)) && /[02468]$/.test(kept) ? kept : null;
}

/** @param {string} text */
function shortened(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** @param {string} text */
function minus(text) {
  return text.replace("-", "−");
}

/** @param {number} exponent */
function superscript(exponent) {
  return String(exponent).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]);
}

/**
 * Returns the number that was typed, or the text where it is none.
 * @param {string} text
 * @returns {number | string}
 */
export function readNumber(text) {
  const plain = text.trim().replaceAll("−", "-").replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/, (power) => `^${fromSuperscript(power)}`)
    .replace(/\s*[×x*·]\s*10\^?/, "e").replace(/^([+-]?)10\^/, "$11e");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) ? value : text;
}

/** @param {string} power */
function fromSuperscript(power) {
  return power.replace("⁻", "-").replace(/[^-]/g, (digit) => String(SUPERSCRIPTS.indexOf(digit)));
}
