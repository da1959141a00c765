// Y = act(X · Wᵀ) for many rows: 32 × 64 outputs a workgroup, 4 × 4 a thread, tiles of 16 along K in workgroup memory.
const TILE_T = 32u;
const TILE_N = 64u;
const TILE_K = 16u;
const QUADS = TILE_K / 4u;

var<workgroup> tile_x: array<f32, TILE_K * TILE_T>;  // [k, t]
var<workgroup> tile_w: array<f32, TILE_K * TILE_N>;  // [k, n]

@compute @workgroup_size(16, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32) {
  let batch = group.z;
  let first_t = group.y * TILE_T;
  let first_n = group.x * TILE_N;
  let quads_k = quads();
  var sums: array<vec4f, 4>;  // [t, n]

  // Which four values of each tile this thread fetches; w's tile is twice as tall as x's.
  let fetch_row = thread / QUADS;
  let fetch_quad = thread % QUADS;
  let x_from = batch * (BATCH_X / 4u) + min(first_t + fetch_row, rows.x - 1u) * quads_k;
  let w_from = (batch * OUT + min(first_n + fetch_row, OUT - 1u)) * quads_k;
  let w_next = (batch * OUT + min(first_n + fetch_row + TILE_T, OUT - 1u)) * quads_k;

  for (var k = 0u; k < quads_k; k += QUADS) {
    let at = k + fetch_quad;
    var x4 = vec4f();
    var w4 = vec4f();
    var v4 = vec4f();
    if (at < quads_k) {
      x4 = x[x_from + at];
      w4 = weight4(w_from + at);
      v4 = weight4(w_next + at);
    }
    for (var i = 0u; i < 4u; i++) {
      let row = fetch_quad * 4u + i;
      tile_x[row * TILE_T + fetch_row] = x4[i];
      tile_w[row * TILE_N + fetch_row] = w4[i];
      tile_w[row * TILE_N + fetch_row + TILE_T] = v4[i];
    }
    workgroupBarrier();
    for (var i = 0u; i < TILE_K; i++) {
      let a = i * TILE_T + local.y * 4u;
      let b = i * TILE_N + local.x * 4u;
      let weights = vec4f(tile_w[b], tile_w[b + 1u], tile_w[b + 2u], tile_w[b + 3u]);
      sums[0] += tile_x[a] * weights;
      sums[1] += tile_x[a + 1u] * weights;
      sums[2] += tile_x[a + 2u] * weights;
      sums[3] += tile_x[a + 3u] * weights;
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < 4u; i++) {
    let t = first_t + local.y * 4u + i;
    if (t >= rows.x) { continue; }
    for (var j = 0u; j < 4u; j++) {
      let n = first_n + local.x * 4u + j;
      if (n < OUT) { store(batch, t, n, sums[i][j]); }
    }
  }
}
