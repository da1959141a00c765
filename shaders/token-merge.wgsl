// Merged tokens: the mean of a kept token and of those merged into it, weighted by how many patches each stands for.
override T: u32;    // tokens before
override R: u32;    // tokens merged away
override WIDTH: u32; // D

override M: u32 = T - R;

@group(0) @binding(0) var<storage, read> x: array<f32>;          // [F, T, D]
@group(0) @binding(1) var<storage, read> size: array<f32>;       // [F, T] before the merge
@group(0) @binding(2) var<storage, read> kept: array<u32>;       // [F, M] from token-sort
@group(0) @binding(3) var<storage, read> merged: array<vec2u>;   // [F, R] from token-sort
@group(0) @binding(4) var<storage, read_write> y: array<f32>;    // [F, M, D]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  if (id.x >= M * WIDTH) { return; }
  let frame = group.y;
  let token = id.x / WIDTH;
  let column = id.x % WIDTH;
  let base = frame * T + kept[frame * M + token];
  var total = size[base];
  var value = x[base * WIDTH + column];
  var sum = value * total;
  for (var i = frame * R; i < (frame + 1u) * R; i++) {
    let source = merged[i];
    if (source.y != token) { continue; }
    let weight = size[frame * T + source.x];
    sum += x[(frame * T + source.x) * WIDTH + column] * weight;
    total += weight;
    value = sum / total;
  }
  y[frame * M * WIDTH + id.x] = value;
}
