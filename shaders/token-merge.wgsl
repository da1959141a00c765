// Merged tokens: the mean of a kept token and of those merged into it, weighted by how many patches each stands for.
override WIDTH: u32; // D

const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read> x: array<f32>;          // [F, T, D]
@group(0) @binding(1) var<storage, read> size: array<f32>;       // [F, T] before the merge
@group(0) @binding(2) var<storage, read> kept: array<u32>;       // [F, M] the first of each chain
@group(0) @binding(3) var<storage, read> next: array<u32>;       // [F, T] the others, up to NONE
@group(0) @binding(4) var<storage, read_write> y: array<f32>;    // [F, M, D]
@group(0) @binding(5) var<uniform> step: Step;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let T = step.tokens;
  let M = T - step.removed;
  if (id.x >= M * WIDTH) { return; }
  let frame = group.y;
  let token = id.x / WIDTH;
  let column = id.x % WIDTH;
  var t = kept[frame * M + token];
  var total = size[frame * T + t];
  var value = x[(frame * T + t) * WIDTH + column];
  var sum = value * total;
  for (t = next[frame * T + t]; t != NONE; t = next[frame * T + t]) {
    let weight = size[frame * T + t];
    sum += x[(frame * T + t) * WIDTH + column] * weight;
    total += weight;
    value = sum / total;
  }
  y[frame * M * WIDTH + id.x] = value;
}
