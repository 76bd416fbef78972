// The query in the browser's address: new ones become entries of its history, Back and Forward are
// told to the server.

export function render({model}) {
  const follow = () => { model.search = window.location.search; };
  const add = () => {
    const {pathname, search, hash} = window.location;
    if (model.search !== search) window.history.pushState(null, "", pathname + model.search + hash);
  };
  window.addEventListener("popstate", follow);
  model.on("search", add);
  model.on("remove", () => window.removeEventListener("popstate", follow));
}
