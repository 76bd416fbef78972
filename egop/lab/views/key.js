// Buttons that say what a color, a dash and a marker mean; a press is told to the server.

const SHAPES = {
  circle: '<circle cx="16" cy="7" r="3.6"/>',
  square: '<rect x="12.6" y="3.6" width="6.8" height="6.8"/>',
  diamond: '<path d="M16 2.4l4 4.6-4 4.6-4-4.6z"/>',
  triangle: '<path d="M16 2.8l4.4 7.6h-8.8z"/>',
  hex: '<path d="M13.8 3.2h4.4l2.2 3.8-2.2 3.8h-4.4L11.6 7z"/>',
};

function swatch({color, dash, marker, filled, opacity}) {
  const ink = color || "currentColor";
  const shape = SHAPES[marker] ?? "";
  return `<svg viewBox="0 0 32 14" width="32" height="14" aria-hidden="true" opacity="${opacity ?? 1}">
    <path d="M1 7H31" stroke="${ink}" stroke-width="2.2" stroke-dasharray="${dash.join(" ")}"/>
    <g fill="${filled ? ink : "none"}" stroke="${ink}" stroke-width="1.5">${shape}</g></svg>`;
}

export function render({model, el}) {
  const key = document.createElement("div");
  key.className = "key";
  el.append(key);

  function mark() {
    for (const button of key.querySelectorAll("button")) {
      const {group, value} = button.item;
      button.setAttribute("aria-pressed", String(model.pressed[group] === value));
    }
  }

  function draw() {
    key.replaceChildren();
    for (const {group, label, items} of model.groups) {
      const part = document.createElement("div");
      part.className = "group";
      part.setAttribute("role", "group");
      part.setAttribute("aria-label", `Highlight: ${label}`);
      for (const item of items) {
        const button = document.createElement("button");
        button.type = "button";
        button.item = {group, value: item.value};
        button.innerHTML = swatch(item);
        button.append(item.label);
        button.title = `Highlight ${item.label} in every figure`;
        button.addEventListener("click", () => model.send_msg([group, item.value]));
        part.append(button);
      }
      key.append(part);
    }
    mark();
  }
  model.on("groups", draw);
  model.on("pressed", mark);
  draw();
}
