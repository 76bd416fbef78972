// Shows the explanation of a term beside it: under a pointer, at a tap, at keyboard focus. One
// bubble serves the whole page, also terms within shadow roots; Escape closes it.

function explainTerms() {
  if (window.egopExplains) return;
  window.egopExplains = true;
  const bubble = document.createElement("div");
  bubble.role = "tooltip";
  bubble.className = "egop-explanation";
  bubble.hidden = true;
  Object.assign(bubble.style, {
    position: "fixed", zIndex: 3000, maxWidth: "min(320px, calc(100vw - 24px))", padding: "8px 11px",
    boxSizing: "border-box", borderRadius: "8px", background: "#1c2430", color: "#ffffff",
    border: "1px solid #55606e", font: "13px/1.4 system-ui, sans-serif", pointerEvents: "none",
  });
  document.body.append(bubble);
  let shown = null;

  const termOf = (event) => event.composedPath().find((node) => node.dataset?.explanation) ?? null;
  const hide = () => {
    shown = null;
    bubble.hidden = true;
  };
  const show = (term) => {
    shown = term;
    bubble.textContent = term.dataset.explanation;
    bubble.hidden = false;
    const at = term.getBoundingClientRect(), {offsetWidth: width, offsetHeight: height} = bubble;
    const below = at.bottom + 6 + height < window.innerHeight;
    bubble.style.left = `${Math.max(12, Math.min(at.left, window.innerWidth - width - 12))}px`;
    bubble.style.top = `${below ? at.bottom + 6 : Math.max(6, at.top - height - 6)}px`;
  };
  const follow = (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (shown) hide();
  };
  // Not by focusin and pointerover: between elements of one shadow root they never get here.
  for (const kind of ["pointermove", "click"]) document.addEventListener(kind, follow);
  document.addEventListener("keyup", (event) => { if (event.key === "Tab") follow(event); });
  document.addEventListener("scroll", () => { if (shown) show(shown); }, true);
  document.addEventListener("keydown", (event) => {
    const term = termOf(event);
    if (event.key === "Escape" && shown) hide();
    else if (term && event.key === "Enter") show(term);
  });
}
