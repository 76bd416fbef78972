// A file that is chosen, or dropped, here goes to the server in parts, each when the last was taken.

import {element, focused} from "../ui/dom.js";

const PART = 450_000; // bytes; a larger one would keep other messages waiting

/** @param {Component<{label: string, hint: string, accept: string}>} component */
export function render({model, el}) {
  const hint = element("p", {className: "hint", id: "hint"}, model.hint);
  const field = element("input", {type: "file", accept: model.accept});
  field.setAttribute("aria-describedby", hint.id);
  const bar = element("progress", {hidden: true, max: 1, ariaLabel: "Progress of the file"});
  el.append(element("label", {className: "add"}, model.label, field), hint, bar);
  /** @type {File | null} */
  let file = null;
  let key = ""; // a page can draw this anew while a file is on its way
  let hadFocus = false;

  /**
   * @param {File} whole
   * @param {number} at
   */
  function send(whole, at) {
    const reader = new FileReader(), sent = key;
    reader.onload = () => {
      const address = String(reader.result);
      model.send_msg({key: sent, at, part: address.slice(address.indexOf(",") + 1)});
    };
    reader.onerror = () => model.send_msg({key: sent, at, part: null});
    reader.readAsDataURL(whole.slice(at, at + PART));
  }

  function end() {
    file = null;
    field.disabled = false;
    bar.hidden = true;
    if (hadFocus) field.focus();
  }

  field.addEventListener("change", () => {
    file = field.files?.[0] ?? null;
    field.value = ""; // so that the same file can be chosen again
    if (file == null) return;
    key = String(Math.random());
    hadFocus = focused(el) === field;
    field.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    model.send_msg({key, name: file.name, size: file.size});
  });
  model.on("msg:custom", (event) => {
    const {key: told, at} = event.data ?? event;
    if (told !== key || file == null) return;
    if (at < 0) {
      end();
    } else {
      bar.value = at / file.size;
      send(file, at);
    }
  });
}
