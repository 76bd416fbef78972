// Two repairs of Panel's channel between a cell and Python.
//
// Panel drops what Python sends before a cell is drawn, and understands nothing after a message of
// which it has lost a part; components that are being built miss changes. Here what comes early
// waits until the cell is drawn, in order.
//
// Panel sends back to Python every change that came from Python. Where Python has changed the same
// property meanwhile, the old value comes last and stays. Here only what the browser changed is
// sent: Bokeh marks the others, as it does for its own server.
(() => {
  const NAME = "panel.models.comm_manager.CommManager";
  const patch = () => {
    const manager = window.Bokeh?.Panel && window.Bokeh.Models.get(NAME);
    if (!manager) {
      setTimeout(patch, 50);
      return;
    }
    if (manager.prototype.waits_for_drawing) return;
    manager.prototype.waits_for_drawing = true;
    wait_for_drawing(manager.prototype);
    send_no_echo(manager.prototype);
  };

  const wait_for_drawing = (prototype) => {
    const handle = prototype.msg_handler;
    const drawn = ({document, plot_id}) => document != null && plot_id in window.Bokeh.index;
    prototype.msg_handler = function (message) {
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

  const send_no_echo = (prototype) => {
    const changed = prototype._document_changed;
    prototype._document_changed = function (event) {
      if (event.sync !== false) changed.call(this, event);
    };
  };

  patch();
})();
