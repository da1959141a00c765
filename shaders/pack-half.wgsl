// Rounds f32 values to f16, two to a word.
@group(0) @binding(0) var<storage, read> values: array<vec2f>;         // [n / 2]
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;     // [n / 2]
@group(0) @binding(2) var<uniform> count: vec4u;                       // n / 2 in .x

const THREADS = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < count.x; i += groups.x * THREADS) { packed[i] = pack2x16float(values[i]); }
}
