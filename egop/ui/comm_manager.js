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
  const PAUSE = 50; // milliseconds between two looks

  /**
   * @typedef {{document: object | null, plot_id: string, early?: object[] | null}} Manager
   * @typedef {{msg_handler(message: object): void, waits_for_drawing?: boolean,
   *   _document_changed(event: {sync: boolean}): void}} Prototype
   */

  function patch() {
    const manager = window.Bokeh?.Panel && window.Bokeh.Models.get(NAME);
    if (!manager) {
      setTimeout(patch, PAUSE);
      return;
    }
    if (manager.prototype.waits_for_drawing) return;
    manager.prototype.waits_for_drawing = true;
    waitForDrawing(manager.prototype);
    sendNoEcho(manager.prototype);
  }

  /** @param {Manager} manager */
  const isDrawn = ({document, plot_id}) => document != null && plot_id in window.Bokeh.index;

  /** @param {Prototype} prototype */
  function waitForDrawing(prototype) {
    const handle = prototype.msg_handler;
    /**
     * @this {Manager & Prototype}
     * @param {object} message
     */
    prototype.msg_handler = function (message) {
      if (!this.early && isDrawn(this)) {
        handle.call(this, message);
        return;
      }
      if (!this.early) {
        this.early = [];
        const timer = setInterval(() => {
          if (!isDrawn(this)) return;
          clearInterval(timer);
          const messages = this.early ?? [];
          this.early = null;
          for (const each of messages) handle.call(this, each);
        }, PAUSE);
      }
      this.early.push(message);
    };
  }

  /** @param {Prototype} prototype */
  function sendNoEcho(prototype) {
    const changed = prototype._document_changed;
    prototype._document_changed = function (event) {
      if (event.sync !== false) changed.call(this, event);
    };
  }

  patch();
})();
