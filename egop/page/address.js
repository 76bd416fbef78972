// The parts of the page in the browser's address: new ones become entries of its history, Back and
// Forward are told to the server. Other parts of the address stay as they are.

const PARTS = ["page", "tab", "run"];

function split(search) {
  const own = new URLSearchParams(), others = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search))
    (PARTS.includes(name) ? own : others).append(name, value);
  return {own, others};
}

const joined = (...parts) => {
  const text = parts.map(String).filter((part) => part !== "").join("&");
  return text === "" ? "" : `?${text}`;
};

export function render({model}) {
  const follow = () => { model.search = joined(split(window.location.search).own); };
  const add = () => {
    const {pathname, search, hash} = window.location;
    const {own, others} = split(search);
    if (model.search !== joined(own))
      window.history.pushState(null, "", pathname + joined(others, model.search.slice(1)) + hash);
  };
  window.addEventListener("popstate", follow);
  model.on("search", add);
  model.on("remove", () => window.removeEventListener("popstate", follow));
}
