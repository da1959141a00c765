import { onnx } from "onnx-proto";

const opset = 20; // the first with Gelu

/** Names of activation functions as in Hugging Face's configurations. */
export type Activation = "gelu" | "gelu_pytorch_tanh" | "quick_gelu" | "relu" | "silu";

type Dimension = number | string;
type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

type Node = onnx.INodeProto & { input: string[]; output: string[] };

/** An ONNX model of f32 values under construction. A value is named by the string that its maker returns. */
export type OnnxGraph = {
  input(name: string, shape: readonly Dimension[]): string;
  /** Makes a node's output an output of the model. */
  output(value: string, name: string, shape: readonly Dimension[]): void;
  /** Adds a constant; `data` must not change before `encode`. */
  constant(data: Float32Array, shape: readonly number[]): string;
  /** Adds an int64 constant, e.g. a shape. */
  integers(values: readonly number[]): string;
  /** Adds a node with one output. */
  node(type: string, inputs: readonly string[], attributes?: Attributes): string;
  /** The model as a protobuf file. */
  encode(): Uint8Array<ArrayBuffer>;
};

/** Starts an empty graph. */
export function createOnnxGraph(name: string): OnnxGraph {
  const graph = {
    name,
    node: [] as Node[],
    input: [] as onnx.IValueInfoProto[],
    output: [] as onnx.IValueInfoProto[],
    initializer: [] as onnx.ITensorProto[],
  };
  let values = 0;
  const renamed = new Map<string, string>();
  const finalName = (value: string) => renamed.get(value) ?? value;
  const nextName = () => `v${values++}`;
  const addInitializer = (dataType: number, shape: readonly number[], data: ArrayBufferView) => {
    const value = nextName();
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    graph.initializer.push({ name: value, dataType, dims: [...shape], rawData });
    return value;
  };
  const node = (opType: string, input: readonly string[], attributes: Attributes = {}) => {
    const output = nextName();
    const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value));
    graph.node.push({ name: `${opType}.${output}`, opType, input: [...input], output: [output], attribute });
    return output;
  };
  return {
    input(value, shape) {
      graph.input.push(valueInfo(value, shape));
      return value;
    },
    output(value, as, shape) {
      renamed.set(value, as);
      graph.output.push(valueInfo(as, shape));
    },
    constant: (data, shape) => addInitializer(onnx.TensorProto.DataType.FLOAT, shape, data),
    integers: (list) =>
      addInitializer(
        onnx.TensorProto.DataType.INT64,
        [list.length],
        BigInt64Array.from(list, (value) => BigInt(value)),
      ),
    node,
    encode() {
      for (const node of graph.node) {
        node.input = node.input.map(finalName);
        node.output = node.output.map(finalName);
      }
      const model = { irVersion: 9, opsetImport: [{ domain: "", version: opset }], graph };
      return Uint8Array.from(onnx.ModelProto.encode(model).finish());
    },
  };
}

/** Adds an activation function. */
export function addActivation(graph: OnnxGraph, kind: Activation, x: string): string {
  switch (kind) {
    case "gelu":
      return graph.node("Gelu", [x]);
    case "gelu_pytorch_tanh":
      return graph.node("Gelu", [x], { approximate: "tanh" });
    case "quick_gelu": {
      const scaled = graph.node("Mul", [x, graph.constant(Float32Array.of(1.702), [])]);
      return graph.node("Mul", [x, graph.node("Sigmoid", [scaled])]);
    }
    case "relu":
      return graph.node("Relu", [x]);
    case "silu":
      return graph.node("Mul", [x, graph.node("Sigmoid", [x])]);
  }
}

function valueInfo(name: string, shape: readonly Dimension[]): onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape: { dim } } } };
}

/** Attributes that hold a float whatever their value. */
const floatAttributes = new Set(["epsilon", "alpha", "beta"]);

function toAttribute(name: string, value: number | string | readonly number[]): onnx.IAttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (typeof value !== "number") return { name, type: AttributeType.INTS, ints: [...value] };
  if (floatAttributes.has(name)) return { name, type: AttributeType.FLOAT, f: value };
  return { name, type: AttributeType.INT, i: value };
}
