// Panel drops what Python sends before a cell is drawn, and understands nothing after a message of
// which it has lost a part; components that are being built miss changes. Here what comes early
// waits until the cell is drawn, in order.
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
    const drawn = ({document, plot_id}) => document != null && plot_id in window.Bokeh.index;
    manager.prototype.waits_for_drawing = true;
    manager.prototype.msg_handler = function (message) {
      if (!this.early && drawn(this)) {
        handle.call(this, message);
        return;
      }
      if (!this.early) {
        this.early = [];
        const timer = setInterval(() => {
          if (!drawn(this)) return;
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
