// Rows of runs: their state, their progress, and what can be done with each. Only rows that changed
// are drawn again, so that focus, a name that is being typed and an open menu stay; and none is while
// it is pressed: a button that is replaced between a press and its release is never clicked.

const ICONS = {
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  continue: "M7 4v16l13-8z",
  cancel: "M6 6h12v12H6z",
  rename: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  delete: "M6 8h12l-1 13H7zM4 5h16v2H4zM9 3h6v2H9z",
  download: "M11 3h2v9h4l-5 6-5-6h4zM4 19h16v2H4z",
};
const WORDS = {
  pause: "Pause", continue: "Continue", cancel: "Cancel", rename: "Rename", delete: "Delete",
  download: "Download",
};
const KINDS = {
  netcdf: "All numbers (netCDF)", csv: "Table (CSV)",
  svg: "Figure (SVG)", png: "Figure (PNG)",
};

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text != null) element.textContent = text;
  return element;
}

function icon(name) {
  const svg = `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`;
  const holder = made("span", "icon");
  holder.innerHTML = svg;
  return holder;
}

export function render({model, el}) {
  const list = made("ul", "runs");
  const empty = made("p", "empty");
  el.append(list, empty);
  const known = new Map(); // by name: {json, item}
  let pressed = null;
  const tell = (act, name, value) => model.send_msg({act, name, value: value ?? ""});

  function button(row, act) {
    const press = made("button", `act ${act}`);
    press.type = "button";
    press.title = WORDS[act];
    press.ariaLabel = `${WORDS[act]} ${row.label}`;
    press.dataset.key = act;
    press.append(icon(act));
    press.addEventListener("click", () => (act === "rename" ? rename(row) : tell(act, row.name)));
    return press;
  }

  function download(row) {
    const holder = made("span", "act pick");
    holder.title = WORDS.download;
    const menu = made("select");
    menu.ariaLabel = `Download ${row.label}`;
    menu.dataset.key = "download";
    const first = made("option", "", "Download …");
    first.value = "";
    menu.append(first);
    for (const kind of model.downloads) {
      const option = made("option", "", KINDS[kind] ?? kind);
      option.value = kind;
      menu.append(option);
    }
    menu.addEventListener("change", () => {
      if (menu.value) tell("download", row.name, menu.value);
      menu.value = "";
    });
    holder.append(icon("download"), menu);
    return holder;
  }

  function rename(row) {
    const {item} = known.get(row.name) ?? {};
    const place = item?.querySelector(".label");
    if (place == null || item.querySelector("input.typed")) return;
    const field = made("input", "typed");
    field.type = "text";
    field.value = row.label;
    field.maxLength = 80;
    field.ariaLabel = `New name of ${row.label}`;
    let left = false;
    const done = (keep) => {
      if (left) return;
      left = true; // a field that is taken away loses its focus as well
      const text = field.value.trim();
      field.replaceWith(place);
      if (keep && text !== row.label) tell("rename", row.name, text);
      item.querySelector('[data-key="rename"]')?.focus();
      draw();
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
    });
    field.addEventListener("blur", () => done(true));
    place.replaceWith(field);
    field.focus();
    field.select();
  }

  function label(row) {
    if (!row.can_open || !model.opens) return made("span", "label still", row.label);
    const open = made("button", "label", row.label);
    open.type = "button";
    open.dataset.key = "open";
    open.addEventListener("click", () => tell("open", row.name));
    return open;
  }

  function check(row) {
    const holder = made("label", "check");
    const box = made("input");
    box.type = "checkbox";
    box.checked = row.checked;
    box.disabled = !row.can_open;
    box.ariaLabel = `Compare ${row.label}`;
    box.dataset.key = "check";
    box.addEventListener("change", () => tell("check", row.name, box.checked));
    holder.append(box);
    return holder;
  }

  function state(row) {
    const holder = made("div", "state");
    const said = made("span", `said ${row.state_words === "damaged" ? "failed" : row.state}`);
    said.append(made("span", "dot"), made("span", "", row.state_words));
    holder.append(said);
    if (row.share != null && row.share > 0) {
      const bar = made("progress");
      bar.max = 1;
      bar.value = row.share;
      bar.ariaLabel = `Progress of ${row.label}`;
      holder.append(bar);
    }
    if (row.progress) holder.append(made("span", "far", row.progress));
    return holder;
  }

  function fill(item, row) {
    const focused = el.getRootNode().activeElement;
    const key = item.contains(focused) ? focused.dataset.key : null;
    const who = made("div", "who");
    who.append(label(row), made("div", "facts", row.facts));
    if (row.trouble) who.append(made("div", "trouble", row.trouble));
    const acts = made("div", "acts");
    for (const act of row.actions) acts.append(act === "download" ? download(row) : button(row, act));
    item.className = `run ${row.state}`;
    item.dataset.name = row.name;
    item.replaceChildren(...(model.checks ? [check(row)] : []), who, state(row), acts);
    if (key != null) item.querySelector(`[data-key="${key}"]`)?.focus();
  }

  function busy(item) {
    const focused = el.getRootNode().activeElement;
    return item === pressed || item.querySelector("input.typed") != null || (item.contains(focused) && focused.tagName === "SELECT");
  }

  function draw() {
    const names = new Set(model.rows.map((row) => row.name));
    for (const [name, {item}] of known) {
      if (names.has(name)) continue;
      item.remove();
      known.delete(name);
    }
    let before = null;
    for (const row of model.rows) {
      const json = JSON.stringify(row);
      let entry = known.get(row.name);
      if (entry == null) {
        entry = {json: "", item: made("li")};
        known.set(row.name, entry);
      }
      if (entry.json !== json && !busy(entry.item)) {
        fill(entry.item, row);
        entry.json = json;
      }
      const next = before == null ? list.firstChild : before.nextSibling;
      if (next !== entry.item) list.insertBefore(entry.item, next);
      before = entry.item;
    }
    empty.textContent = model.empty;
    empty.hidden = model.rows.length > 0 || !model.empty;
    list.hidden = model.rows.length === 0;
    el.dataset.draws = Number(el.dataset.draws ?? 0) + 1;
  }

  function release() {
    if (pressed == null) return;
    setTimeout(() => { // after the click
      pressed = null;
      draw();
    });
  }
  for (const kind of ["pointerdown", "keydown"])
    list.addEventListener(kind, (event) => { pressed = event.target.closest("li"); });
  const released = ["pointerup", "pointercancel", "keyup", "blur"];
  for (const kind of released) window.addEventListener(kind, release);

  list.ariaLabel = model.title;
  for (const name of ["rows", "empty"]) model.on(name, draw);
  draw();
  return () => released.forEach((kind) => window.removeEventListener(kind, release));
}
