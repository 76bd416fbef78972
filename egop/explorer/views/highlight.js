// The eigenvector under the pointer, thick in both figures; nothing is asked of the server.
const {data} = (spectrum.data.k.length ? spectrum : curve);
const inside = cb_obj.event_name !== "mouseleave" && data.k.length > 0;
const chosen = inside ? Math.round(cb_obj.x) - 1 : -1;
const digits = "₀₁₂₃₄₅₆₇₈₉";
for (const side of ["left", "right"]) {
  const document = cb_obj.origin.document;
  const [frame, axes, names] = ["", "-axes", "-axis-names"].map((what) =>
    document.get_model_by_name(`${prefix}:${side}${what}`));
  if (!axes?.data.xs.length || !frame) continue;
  const rows = [0, 1], color = axes.data.color.slice(0, 2);
  const xs = rows.map((k) => axes.data.xs[k]), ys = rows.map((k) => axes.data.ys[k]);
  const text = names.data.text.slice(0, 2), [nx, ny] = ["x", "y"].map((c) => Array.from(names.data[c]).slice(0, 2));
  if (chosen >= 0 && chosen < data.k.length) {
    const {x_range, y_range} = frame;
    const reach = 0.21 * Math.min(x_range.end - x_range.start, y_range.end - y_range.start);
    const [x, y] = [xs[0][0], ys[0][0]];
    const [dx, dy] = [data[`${side}_x`][chosen] * reach, data[`${side}_y`][chosen] * reach];
    rows.push(2);
    xs.push(new Float32Array([x - dx, x + dx]));
    ys.push(new Float32Array([y - dy, y + dy]));
    color.push(data.color[chosen]);
    const name = "v" + String(chosen + 1).replace(/\d/g, (d) => digits[d]);
    if (!text.includes(name)) {
      text.push(name);
      nx.push(x + dx);
      ny.push(y + dy);
    }
  }
  const known = axes.data.label[2] ?? "", now = rows.length > 2 ? `v${chosen + 1}` : "";
  if (known === now && axes.data.width.length === rows.length) continue;
  axes.data = {xs, ys, color, label: [...axes.data.label.slice(0, 2), now].slice(0, rows.length), width: [2.5, 2.5, 7].slice(0, rows.length)};
  names.data = {x: nx, y: ny, text, color: text.map((_, k) => color[k])};
}
