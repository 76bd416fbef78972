// A form of the browser's own inputs, built from rows of plain data. What a person does is told at
// most once a frame; what the server shows waits while a hand is on the field it belongs to.

const HELD = 600; // milliseconds after a change in which the field is its owner's
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text != null) element.textContent = text;
  return element;
}

// As in egop/theme.py: 0.25, 148, 1.2×10⁻⁵.
function written(value) {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return String(+value.toPrecision(4)).replace("-", "−");
  const [mantissa, exponent] = value.toExponential(2).split("e");
  const power = String(+exponent).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return `${String(+mantissa).replace("-", "−")}×10${power}`;
}

// The number that was typed, or the text where it is none.
function read(text) {
  const plain = text.trim().replace("−", "-").replace(/\s*[×x*]\s*10\^?/, "e").replace("⁻", "-")
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => SUPERSCRIPTS.indexOf(digit)).replace(/^e/, "1e");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) ? value : text;
}

function labeled(row, input) {
  const node = made("label", row.inline ? "field inline" : "field");
  node.append(made("span", "name", row.label), input);
  return node;
}

function typed(row, type, tell) {
  const input = made("input");
  input.type = type;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.ariaLabel = row.label;
  input.addEventListener("change", () => tell(row.name, type === "number" ? read(input.value) : input.value));
  input.addEventListener("keydown", (event) => { // in a notebook's cell Enter alone changes nothing
    if (event.key !== "Enter") return;
    input.blur();
    input.focus({preventScroll: true});
  });
  return input;
}

// A question mark that explains a field to pointers, fingers and keys.
function explanation(row) {
  const button = made("button", "why", "?");
  button.type = "button";
  button.ariaLabel = `About ${row.label}`;
  button.setAttribute("aria-description", row.doc);
  button.dataset.explanation = row.doc;
  button.addEventListener("click", (event) => event.preventDefault()); // the label's field stays as it is
  return button;
}

const KINDS = {
  choice(row, tell) {
    const select = made("select");
    select.ariaLabel = row.label;
    select.addEventListener("change", () => tell(row.name, select.value));
    let drawn = "";
    const fill = (options) => {
      if (JSON.stringify(options) === drawn) return;
      drawn = JSON.stringify(options);
      select.replaceChildren(...Object.entries(options).map(([name, key]) => {
        if (typeof key !== "object") return new Option(name, key);
        const group = made("optgroup");
        group.label = name;
        group.append(...Object.entries(key).map(([each, value]) => new Option(each, value)));
        return group;
      }));
    };
    fill(row.options);
    const show = (value, values) => {
      fill(values[`${row.name}:options`] ?? row.options);
      select.value = value ?? "";
    };
    return {node: labeled(row, select), show};
  },

  // Buttons: one of a few (switch), or any number of them (several).
  switch(row, tell, pick = (key) => key, holds = (value, key) => value === key) { // pick: the next value
    const group = made("div", row.kind);
    group.role = "group";
    group.ariaLabel = row.label;
    let now = null, drawn = "";
    const show = (value, values) => {
      now = value;
      const options = values[`${row.name}:options`] ?? row.options;
      if (JSON.stringify(options) !== drawn) {
        drawn = JSON.stringify(options);
        group.replaceChildren(...Object.entries(options).map(([name, key]) => {
          const button = made("button", "", name);
          button.type = "button";
          button.dataset.key = key;
          button.addEventListener("click", () => {
            const next = pick(key, now, Object.values(options));
            tell(row.name, next);
            show(next, values);
          });
          return button;
        }));
      }
      for (const button of group.children) button.ariaPressed = String(holds(value, button.dataset.key));
    };
    const node = row.kind === "switch" ? group : made("div", "field");
    if (node !== group) node.append(made("span", "name", row.label), group);
    return {node, show};
  },

  several(row, tell) {
    const pick = (key, now, all) => all.filter((each) => now.includes(each) !== (each === key));
    return KINDS.switch(row, tell, pick, (value, key) => value.includes(key));
  },

  slider(row, tell) {
    const [to, from] = row.log ? [(v) => Math.log10(Math.max(v, 1e-300)), (v) => +(10 ** v).toPrecision(3)] : [Number, Number];
    const node = made("div", "field"), head = made("div", "head"), range = made("input");
    if (row.color) {
      head.append(made("i", "swatch"));
      node.style.setProperty("--accent", row.color);
    }
    Object.assign(range, {type: "range", min: to(row.low), max: to(row.high), step: row.step, ariaLabel: row.label});
    const exact = typed({...row, label: `${row.label}, exactly`}, "text", (name, text) => {
      const value = read(text);
      tell(name, value);
      if (value !== text) show(value);
    });
    exact.className = "exact";
    exact.inputMode = "decimal";
    const hint = made("span", "about");
    const show = (value, values) => {
      if (values) hint.textContent = values[`${row.name}:hint`] ?? "";
      hint.hidden = !hint.textContent;
      exact.value = written(value);
      range.value = to(value);
      range.ariaValueText = exact.value;
      range.style.setProperty("--share", `${(100 * (range.value - range.min)) / (range.max - range.min)}%`);
    };
    range.addEventListener("input", () => {
      const value = from(Number(range.value));
      const next = row.whole ? Math.max(1, Math.round(value)) : value;
      const place = range.value;
      show(next);
      range.value = place; // rounding must not hold the thumb back
      tell(row.name, next);
    });
    head.append(made("span", "name", row.label), exact);
    if (row.remove) {
      const button = made("button", "remove", "×");
      button.type = "button";
      button.title = button.ariaLabel = row.remove;
      button.addEventListener("click", () => row.removed());
      head.append(button);
    }
    node.append(head, range, hint);
    return {node, show, input: exact};
  },

  number(row, tell) {
    const input = typed(row, "number", tell);
    Object.assign(input, {min: row.low ?? "", step: row.whole ? 1 : "any"});
    const show = (value) => { // what is no number reads as "", and is kept
      if (!(value === "" && input.validity.badInput)) input.value = value;
    };
    return {node: labeled(row, input), show, input};
  },

  text(row, tell) {
    const input = typed(row, "text", tell);
    if (row.typed) input.addEventListener("input", () => tell(`${row.name}:typed`, input.value));
    const show = (value, values) => {
      input.value = value ?? "";
      input.placeholder = values[`${row.name}:hint`] ?? "";
    };
    return {node: labeled(row, input), show, input};
  },

  check(row, tell) {
    const node = made("label", "tick"), box = made("input");
    box.type = "checkbox";
    box.addEventListener("change", () => tell(row.name, box.checked));
    node.append(box, made("span", "", row.label));
    return {node, show: (value) => { box.checked = Boolean(value); }};
  },

  button(row, tell) {
    const button = made("button", row.look ?? "");
    button.type = "button";
    button.addEventListener("click", () => tell(row.name, null));
    const show = (value) => {
      button.textContent = value?.label ?? value ?? "";
      button.disabled = Boolean(value?.disabled);
      button.hidden = !button.textContent;
    };
    return {node: button, show};
  },

  listing() {
    const node = made("ul");
    return {node, show: (sentences) => node.replaceChildren(...sentences.map((each) => made("li", "", each)))};
  },

  heading(row) {
    return {node: made("div", "heading", row.label), show() {}};
  },

  place(row) {
    return {node: made("div"), place: row.name};
  },
};

class Form {
  constructor(model, el) {
    Object.assign(this, {model, el, fields: new Map(), places: new Map(), told: new Map(), frame: null});
    this.build();
    model.on("rows", () => this.build());
    model.on("values", () => this.show());
    model.on("said", () => this.say());
  }

  build() {
    this.fields.clear();
    this.places.clear();
    this.conditions = [];
    const form = made("div", "form");
    form.append(...this.model.rows.map((row) => this.make(row)));
    this.el.querySelector(".form")?.remove();
    this.el.append(form);
    this.show();
    this.say();
  }

  make(row) {
    const node = row.kind === "fold" ? this.fold(row) : row.kind === "line" ? this.line(row)
      : row.kind === "rates" ? this.rates(row) : this.field(row).node;
    if (row.doc) (node.querySelector(".name") ?? node).append(explanation(row));
    if (row.when) this.conditions.push([node, row.when]);
    return node;
  }

  field(row) {
    const field = KINDS[row.kind](row, (name, value) => this.tell(name, value));
    if (field.place) this.places.set(field.place, field.node);
    else this.fields.set(row.name, {...field, shown: undefined, until: 0, typing: false});
    for (const kind of ["input", "change", "blur"]) // what is being typed is nobody else's to replace
      field.input?.addEventListener(kind, () => {
        const held = this.fields.get(row.name);
        if (held) held.typing = kind === "input";
        if (kind === "blur") this.show();
      });
    return field;
  }

  line(row) {
    const node = made("div", "line");
    node.append(...row.rows.map((each) => this.make(each)));
    return node;
  }

  fold(row) {
    const node = made("div"), inside = made("div", "inside"), button = made("button", "fold", row.label);
    button.type = "button";
    inside.append(...row.rows.map((each) => this.make(each)));
    const open = (wanted) => {
      button.ariaExpanded = String(wanted);
      inside.hidden = !wanted;
    };
    button.addEventListener("click", () => {
      open(inside.hidden);
      if (!inside.hidden) inside.scrollIntoView({block: "nearest"});
    });
    open(false);
    node.append(button, inside);
    this.conditions.push([node, null, inside]);
    return node;
  }

  // The sliders of the chosen methods, and a drop-down that adds another one.
  rates(row) {
    const node = made("div", "form"), list = made("div", "form"), add = made("select");
    add.ariaLabel = row.label;
    let now = [];
    const change = (next) => {
      this.tell(row.name, next);
      show(next);
    };
    add.addEventListener("change", () => change([...now, add.value]));
    const show = (keys) => {
      now = keys;
      for (const name of [...this.fields.keys()]) if (name.startsWith("rate:") && !keys.includes(name.slice(5))) this.fields.delete(name);
      list.replaceChildren(...keys.map((key) => {
        const slider = {...row.methods[key], removed: () => change(now.filter((each) => each !== key))};
        return (this.fields.get(slider.name) ?? this.field(slider)).node;
      }));
      queueMicrotask(() => this.show());
      const others = Object.entries(row.methods).filter(([key]) => !keys.includes(key));
      add.replaceChildren(new Option("Add a method …", ""), ...others.map(([key, slider]) => new Option(slider.title, key)));
      add.hidden = !others.length;
    };
    node.append(list, add);
    this.fields.set(row.name, {node, show, shown: undefined, until: 0});
    return node;
  }

  tell(name, value) {
    const field = this.fields.get(name.split(":typed")[0]);
    if (field) field.until = performance.now() + HELD;
    this.told.delete(name);
    this.told.set(name, value);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const told = [...this.told];
      this.told.clear();
      for (const [each, what] of told) this.model.send_msg({name: each, value: what});
    });
  }

  show() {
    const {values} = this.model, now = performance.now();
    let next = Infinity;
    for (const [name, field] of [...this.fields]) {
      const key = JSON.stringify([values[name], values[`${name}:options`], values[`${name}:hint`]]);
      if (values[name] === undefined || field.shown === key || field.typing) continue;
      if (field.until > now) next = Math.min(next, field.until - now);
      else {
        field.shown = key;
        field.node.hidden = values[name] === null;
        if (values[name] !== null) field.show(values[name], values);
      }
    }
    if (next < Infinity) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.show(), next + 1);
    }
    for (const [node, when] of this.conditions)
      if (when) node.hidden = !Object.entries(when).every(([name, wanted]) => wanted.includes(values[name]));
    for (const [node, , inside] of this.conditions)
      if (inside) node.hidden = [...inside.children].every((child) => child.hidden);
  }

  say() {
    for (const [name, node] of this.places) {
      const [kind, sentence] = this.model.said[name] ?? ["", ""];
      const isNew = node.textContent !== sentence;
      if (isNew) node.textContent = sentence;
      node.className = sentence ? `egop-${kind}` : "";
      node.role = kind === "error" ? "alert" : "status";
      node.hidden = !sentence;
      if (isNew && sentence && kind === "error") node.scrollIntoView({block: "nearest"});
    }
  }
}

export function render({model, el}) {
  explainTerms();
  new Form(model, el);
}
