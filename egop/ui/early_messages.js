// Panel drops what Python sends before a cell is drawn, and understands nothing after a message of
// which it has lost a part: here such messages wait for the drawing, in order.
(() => {
  const NAME = "panel.models.comm_manager.CommManager";
  const patch = () => {
    const manager = window.Bokeh?.Panel && window.Bokeh.Models.get(NAME);
    if (!manager) {
      setTimeout(patch, 50);
      return;
    }
    if (manager.prototype.waits_for_drawing) return;
    const handle = manager.prototype.msg_handler;
    const drawn = (plot) => plot in (window.PyViz?.plot_index ?? {}) || plot in window.Bokeh.index;
    manager.prototype.waits_for_drawing = true;
    manager.prototype.msg_handler = function (message) {
      if (!this.early && drawn(this.plot_id)) {
        handle.call(this, message);
        return;
      }
      if (!this.early) {
        this.early = [];
        const timer = setInterval(() => {
          if (!drawn(this.plot_id)) return;
          clearInterval(timer);
          const messages = this.early;
          this.early = null;
          for (const each of messages) handle.call(this, each);
        }, 50);
      }
      this.early.push(message);
    };
  };
  patch();
})();
