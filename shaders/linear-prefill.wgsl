// Y = act(X · Wᵀ) for many rows: 32 × 64 outputs a workgroup, 8 × 4 a thread, tiles of 16 along K in workgroup memory.
// A thread's rows lie 4 apart and its columns 16 apart, so that neighbours read neighbouring vec4s.
const TILE_T = 32u;
const TILE_N = 64u;
const QUADS = 4u;                // of a tile along K
const TILE_THREADS = 64u;        // 16 along N × 4 along T

var<workgroup> tile_x: array<vec4f, QUADS * TILE_T>;  // [k, t]
var<workgroup> tile_w: array<vec4f, QUADS * TILE_N>;  // [k, n]

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32) {
  let batch = group.z;
  let first_t = group.y * TILE_T;
  let first_n = group.x * TILE_N;
  var sums: array<vec4f, 8>;     // [t, n]

  for (var k0 = 0u; k0 < linear.quads; k0 += QUADS) {
    let k = k0 + thread % QUADS; // neighbours fetch along a row
    let inside = k < linear.quads;
    for (var row = thread / QUADS; row < TILE_T; row += TILE_THREADS / QUADS) {
      var value = vec4f();
      if (inside) { value = x[input_row(batch, first_t + row) + k]; }
      tile_x[(thread % QUADS) * TILE_T + row] = value;
    }
    for (var row = thread / QUADS; row < TILE_N; row += TILE_THREADS / QUADS) {
      var value = vec4f();
      if (inside) { value = weight4(weight_row(batch, first_n + row), k); }
      tile_w[(thread % QUADS) * TILE_N + row] = value;
    }
    workgroupBarrier();
    for (var q = 0u; q < QUADS; q++) {
      let at = q * TILE_N + local.x;
      let weights = mat4x4f(tile_w[at], tile_w[at + 16u], tile_w[at + 32u], tile_w[at + 48u]);
      for (var i = 0u; i < 8u; i++) { sums[i] += tile_x[q * TILE_T + local.y + 4u * i] * weights; }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < 8u; i++) {
    let t = first_t + local.y + 4u * i;
    if (t >= rows.x) { break; }
    for (var j = 0u; j < 4u; j++) { store(batch, t, first_n + local.x + 16u * j, sums[i][j]); }
  }
}
