// What only the browser knows or can do: who visits, how wide the page is, and saving a file.

const KEY = "egop-visitor";

function visitor() {
  try {
    const known = window.localStorage.getItem(KEY);
    if (/^[0-9a-f]{16}$/.test(known ?? "")) return known;
    const numbers = window.crypto.getRandomValues(new Uint8Array(8));
    const made = Array.from(numbers, (n) => n.toString(16).padStart(2, "0")).join("");
    window.localStorage.setItem(KEY, made);
    return made;
  } catch {
    return ""; // storage is switched off: the session's own name is taken
  }
}

function bytesOf(text) {
  return Uint8Array.from(window.atob(text), (letter) => letter.charCodeAt(0));
}

function save(name, type, parts) {
  const address = URL.createObjectURL(new Blob(parts, {type}));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function render({model, el}) {
  const files = new Map();
  const spoken = document.createElement("div");
  spoken.className = "spoken";
  spoken.setAttribute("role", "status");
  el.append(spoken);

  function receive(event) {
    const {number, name, type, part, last} = event.data ?? event;
    if (part == null) return;
    const parts = files.get(number) ?? [];
    parts.push(bytesOf(part));
    files.set(number, parts);
    if (!last) return;
    files.delete(number);
    save(name, type, parts);
  }
  model.on("msg:custom", receive);
  model.on("spoken", () => { spoken.textContent = model.spoken; });

  // A page that is still being built misses what it is told.
  function onceShown(action, tries = 0) {
    const cover = document.getElementById("loader");
    const covered = cover != null && getComputedStyle(cover).display !== "none";
    if (covered && tries < 200) setTimeout(() => onceShown(action, tries + 1), 50);
    else action();
  }
  onceShown(() => {
    model.visitor = visitor();
    if (window.innerWidth < 900) model.narrow = true;
    if (window.matchMedia("(prefers-color-scheme: dark)").matches) model.dark = true;
  });
}
