// How far a state moved: in parts, the sum of the squares of its change, and of itself.
@group(0) @binding(0) var<storage, read> now: array<f32>;             // [n]
@group(0) @binding(1) var<storage, read> before: array<f32>;          // [n]
@group(0) @binding(2) var<storage, read_write> sums: array<vec2f>;    // [PARTS]

const THREADS = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var sum = vec2f(0);
  for (var i = id.x; i < arrayLength(&now); i += groups.x * THREADS) {
    let change = now[i] - before[i];
    sum += vec2f(change * change, now[i] * now[i]);
  }
  sums[id.x] = sum;
}
