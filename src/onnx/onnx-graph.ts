import { createMessage, type Message } from "./protobuf.ts";

const irVersion = 9;
const opset = 20; // the first with Gelu

/** Numbers of the fields that are used here, and of types (`onnx.proto`). */
const model = { irVersion: 1, graph: 7, opsetImport: 8 } as const;
const opsetId = { domain: 1, version: 2 } as const;
const graphField = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const nodeField = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const attributeField = { name: 1, float: 2, int: 3, string: 4, ints: 8, type: 20 } as const;
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;
const tensorField = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const valueField = { name: 1, type: 2 } as const;
const typeField = { tensor: 1 } as const;
const tensorType = { elementType: 1, shape: 2 } as const;
const shapeField = { dimension: 1 } as const;
const dimensionField = { value: 1, param: 2 } as const;
const dataType = { f32: 1, i64: 7, f16: 10, u32: 12 } as const;

/** Types of values. */
type ValueType = keyof typeof dataType;

/** Types of the numbers that are computed with. */
export type FloatType = "f32" | "f16";

/** Names of activation functions as in Hugging Face's configurations. */
export type Activation = "gelu" | "gelu_pytorch_tanh" | "quick_gelu" | "relu" | "silu";

type Dimension = number | string;
type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

type Node = {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
};

/** An ONNX model under construction. A value is named by the string that its maker returns. */
export type OnnxGraph = {
  /** What the products of matrices are computed in, with what lies between them; all else is f32. */
  readonly products: FloatType;
  /** Adds an input of the model, f32 unless told otherwise. */
  input(name: string, shape: readonly Dimension[], type?: ValueType): string;
  /** Makes a node's output an output of the model, f32 unless told otherwise. */
  output(value: string, name: string, shape: readonly Dimension[], type?: ValueType): void;
  /** Adds a constant, of bits of f16 where `data` is a Uint16Array; `data` must not change before `encode`. */
  constant(data: Float32Array | Uint16Array, shape: readonly number[]): string;
  /** Adds an int64 constant, e.g. a shape. */
  integers(values: readonly number[]): string;
  /** Adds a node with one output. */
  node(type: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Adds a node with two outputs. */
  pair(type: string, inputs: readonly string[], attributes?: Attributes): readonly [string, string];
  /** Adds a conversion. */
  cast(value: string, type: ValueType): string;
  /** The model as a protobuf file. */
  encode(): Uint8Array<ArrayBuffer>;
};

/** Starts an empty graph. */
export function createOnnxGraph(name: string, products: FloatType = "f32"): OnnxGraph {
  const nodes: Node[] = [];
  const graph = createMessage().text(graphField.name, name);
  let values = 0;
  const renamed = new Map<string, string>();
  const finalName = (value: string) => renamed.get(value) ?? value;
  const nextName = () => `v${values++}`;
  const addInitializer = (type: number, shape: readonly number[], data: ArrayBufferView) => {
    const value = nextName();
    const tensor = createMessage();
    for (const size of shape) tensor.integer(tensorField.dims, size);
    tensor.integer(tensorField.dataType, type).text(tensorField.name, value);
    tensor.bytes(tensorField.rawData, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    graph.message(graphField.initializer, tensor);
    return value;
  };
  const addNode = (type: string, inputs: readonly string[], attributes: Attributes = {}) => {
    const output = nextName();
    nodes.push({ type, inputs, outputs: [output], attributes });
    return output;
  };
  return {
    products,
    input(value, shape, type = "f32") {
      graph.message(graphField.input, valueInfo(value, shape, type));
      return value;
    },
    output(value, as, shape, type = "f32") {
      renamed.set(value, as);
      graph.message(graphField.output, valueInfo(as, shape, type));
    },
    constant: (data, shape) => addInitializer(data instanceof Uint16Array ? dataType.f16 : dataType.f32, shape, data),
    integers: (list) =>
      addInitializer(
        dataType.i64,
        [list.length],
        BigInt64Array.from(list, (value) => BigInt(value)),
      ),
    node: addNode,
    pair(type, inputs, attributes = {}) {
      const outputs = [nextName(), nextName()] as const;
      nodes.push({ type, inputs, outputs, attributes });
      return outputs;
    },
    cast: (value, type) => addNode("Cast", [value], { to: dataType[type] }),
    encode() {
      for (const node of nodes) graph.message(graphField.node, encodeNode(node, finalName));
      const opsets = createMessage().text(opsetId.domain, "").integer(opsetId.version, opset);
      return createMessage()
        .integer(model.irVersion, irVersion)
        .message(model.opsetImport, opsets)
        .message(model.graph, graph)
        .encode();
    },
  };
}

function encodeNode({ type, inputs, outputs, attributes }: Node, finalName: (value: string) => string): Message {
  const node = createMessage();
  for (const input of inputs) node.text(nodeField.input, finalName(input));
  for (const output of outputs) node.text(nodeField.output, finalName(output));
  node.text(nodeField.name, `${type}.${outputs[0]}`).text(nodeField.opType, type);
  for (const [name, value] of Object.entries(attributes)) node.message(nodeField.attribute, attribute(name, value));
  return node;
}

/** Turns an f32 value into what products are computed in. */
export function toProducts(graph: OnnxGraph, value: string): string {
  return graph.products === "f32" ? value : graph.cast(value, graph.products);
}

/** Turns a value that products were computed in into f32. */
export function fromProducts(graph: OnnxGraph, value: string): string {
  return graph.products === "f32" ? value : graph.cast(value, "f32");
}

/** Adds an activation function, in what products are computed in. */
export function addActivation(graph: OnnxGraph, kind: Activation, x: string): string {
  switch (kind) {
    case "gelu":
      return graph.node("Gelu", [x]);
    case "gelu_pytorch_tanh":
      return graph.node("Gelu", [x], { approximate: "tanh" });
    case "quick_gelu": {
      const scaled = graph.node("Mul", [x, toProducts(graph, graph.constant(Float32Array.of(1.702), []))]);
      return graph.node("Mul", [x, graph.node("Sigmoid", [scaled])]);
    }
    case "relu":
      return graph.node("Relu", [x]);
    case "silu":
      return graph.node("Mul", [x, graph.node("Sigmoid", [x])]);
  }
}

function valueInfo(name: string, shape: readonly Dimension[], type: ValueType): Message {
  const dimensions = createMessage();
  for (const size of shape) {
    const dimension = createMessage();
    if (typeof size === "number") dimension.integer(dimensionField.value, size);
    else dimension.text(dimensionField.param, size);
    dimensions.message(shapeField.dimension, dimension);
  }
  const tensor = createMessage().integer(tensorType.elementType, dataType[type]).message(tensorType.shape, dimensions);
  return createMessage()
    .text(valueField.name, name)
    .message(valueField.type, createMessage().message(typeField.tensor, tensor));
}

/** Attributes that hold a float whatever their value. */
const floatAttributes = new Set(["epsilon", "alpha", "beta"]);

function attribute(name: string, value: number | string | readonly number[]): Message {
  const message = createMessage().text(attributeField.name, name);
  const typed = (type: number) => message.integer(attributeField.type, type);
  if (typeof value === "string") return typed(attributeType.string).text(attributeField.string, value);
  if (typeof value !== "number") {
    for (const each of value) message.integer(attributeField.ints, each);
    return typed(attributeType.ints);
  }
  if (floatAttributes.has(name)) return typed(attributeType.float).float(attributeField.float, value);
  return typed(attributeType.int).integer(attributeField.int, value);
}
