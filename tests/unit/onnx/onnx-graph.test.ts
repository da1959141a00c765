import { onnx } from "onnx-proto";
import { expect, it } from "vitest";
import { createOnnxGraph } from "../../../src/onnx/onnx-graph.ts";

it("writes what onnx-proto reads", () => {
  const graph = createOnnxGraph("a graph of 200 words ".repeat(10));
  const x = graph.input("x", ["B", 3, 300]);
  const weights = graph.constant(Float32Array.of(1.5, -2, 3e38), [3, 1]);
  const halves = graph.constant(Uint16Array.of(0x3c00, 0xc000), [2]);
  const scalar = graph.constant(Float32Array.of(0.1), []);
  const shape = graph.integers([-1, 2 ** 40, 0]);
  const norm = graph.node("LayerNormalization", [x, weights], { axis: -1, epsilon: 1e-6 });
  const gelu = graph.node("Gelu", [norm], { approximate: "tanh" });
  const moved = graph.node("Transpose", [gelu, scalar, shape], { perm: [0, 2, 1, 300] });
  const half = graph.cast(moved, "f16");
  graph.output(half, "y", []);

  const read = onnx.ModelProto.toObject(onnx.ModelProto.decode(graph.encode()), { longs: String, bytes: Array });
  expect(read).toMatchObject({ irVersion: "9", opsetImport: [{ domain: "", version: "20" }] });
  expect(read.graph.name).toBe("a graph of 200 words ".repeat(10));
  expect(read.graph.input).toEqual([
    {
      name: "x",
      type: {
        tensorType: { elemType: 1, shape: { dim: [{ dimParam: "B" }, { dimValue: "3" }, { dimValue: "300" }] } },
      },
    },
  ]);
  expect(read.graph.output).toEqual([{ name: "y", type: { tensorType: { elemType: 1, shape: {} } } }]);
  const raw = (data: ArrayBufferView<ArrayBuffer>) => [...new Uint8Array(data.buffer)];
  expect(read.graph.initializer).toEqual([
    { name: weights, dataType: 1, dims: ["3", "1"], rawData: raw(Float32Array.of(1.5, -2, 3e38)) },
    { name: halves, dataType: 10, dims: ["2"], rawData: raw(Uint16Array.of(0x3c00, 0xc000)) },
    { name: scalar, dataType: 1, rawData: raw(Float32Array.of(0.1)) },
    { name: shape, dataType: 7, dims: ["3"], rawData: raw(BigInt64Array.of(-1n, 2n ** 40n, 0n)) },
  ]);
  const { FLOAT, INT, INTS, STRING } = onnx.AttributeProto.AttributeType;
  expect(read.graph.node).toEqual([
    {
      name: `LayerNormalization.${norm}`,
      opType: "LayerNormalization",
      input: ["x", weights],
      output: [norm],
      attribute: [
        { name: "axis", type: INT, i: "-1" },
        { name: "epsilon", type: FLOAT, f: Math.fround(1e-6) },
      ],
    },
    {
      name: `Gelu.${gelu}`,
      opType: "Gelu",
      input: [norm],
      output: [gelu],
      attribute: [{ name: "approximate", type: STRING, s: [...new TextEncoder().encode("tanh")] }],
    },
    {
      name: `Transpose.${moved}`,
      opType: "Transpose",
      input: [gelu, scalar, shape],
      output: [moved],
      attribute: [{ name: "perm", type: INTS, ints: ["0", "2", "1", "300"] }],
    },
    {
      name: `Cast.${half}`,
      opType: "Cast",
      input: [moved],
      output: ["y"],
      attribute: [{ name: "to", type: INT, i: "10" }],
    },
  ]);
});
