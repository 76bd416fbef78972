// A file that is chosen, or dropped, here goes to the server in parts, each when the last was taken.

const PART = 450_000; // bytes; a larger one would keep other messages waiting

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text != null) element.textContent = text;
  return element;
}

export function render({model, el}) {
  const holder = made("label", "add", model.label);
  const field = made("input");
  field.type = "file";
  field.accept = model.accept;
  const hint = made("p", "hint", model.hint);
  hint.id = "hint";
  field.setAttribute("aria-describedby", hint.id);
  const bar = made("progress");
  bar.hidden = true;
  bar.max = 1;
  bar.ariaLabel = "Progress of the file";
  holder.append(field);
  el.append(holder, hint, bar);
  let file = null;
  let key = ""; // a page can draw this anew while a file is on its way
  let focused = false;

  function send(at) {
    const reader = new FileReader();
    const sent = key;
    reader.onload = () => {
      const part = reader.result.slice(reader.result.indexOf(",") + 1);
      model.send_msg({key: sent, at, part});
    };
    reader.onerror = () => model.send_msg({key: sent, at, part: null});
    reader.readAsDataURL(file.slice(at, at + PART));
  }

  function end() {
    file = null;
    field.disabled = false;
    bar.hidden = true;
    if (focused) field.focus();
  }

  field.addEventListener("change", () => {
    file = field.files[0] ?? null;
    field.value = ""; // so that the same file can be chosen again
    if (file == null) return;
    key = String(Math.random());
    focused = el.getRootNode().activeElement === field;
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
      send(at);
    }
  });
}
