// The parts of Bokeh and Panel that the scripts use.

interface Signal {
  connect(listener: () => void): void;
  disconnect(listener: () => void): void;
}

interface BokehModel {
  type: string;
  data: any;
  above: any[];
  properties: Record<string, {change: Signal, is_unset: boolean}>;
  setv(values: Record<string, unknown>): void;
  [property: string]: any;
}

interface BokehDocument {
  get_model_by_name(name: string): BokehModel | null;
  on_event(kind: string, listener: () => void): void;
}

/** A component's model in its script: its properties, and Panel's way to and from Python. */
interface PanelModel {
  on(names: string, listener: (event: any) => void): void;
  send_msg(message: unknown): void;
}

interface Component<Properties = object> {
  model: Properties & PanelModel;
  el: HTMLElement;
}

interface Window {
  Bokeh: {
    documents: BokehDocument[];
    index: Record<string, unknown> & {
      find_one(model: BokehModel): any;
      query_one(matches: (view: any) => boolean): object | null;
    };
    Models: {get(name: string): any};
    Panel?: object;
    require(module: string): any;
  };
}
