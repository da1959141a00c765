// Y = act(X · Wᵀ) for many rows without barriers, which adapters that compute on the CPU run slowly:
// 8 × 8 outputs a thread, both operands straight from storage.
const TILE = 8u;

@compute @workgroup_size(4, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let batch = id.z;
  let first_n = id.x * TILE;
  let first_t = id.y * TILE;
  if (first_n >= OUT || first_t >= rows.x) { return; }
  let quads_k = quads();

  var from_x: array<u32, TILE>;
  var from_w: array<u32, TILE>;
  for (var i = 0u; i < TILE; i++) { // rows past the end repeat the last one and are not stored
    from_x[i] = batch * (BATCH_X / 4u) + min(first_t + i, rows.x - 1u) * quads_k;
    from_w[i] = (batch * OUT + min(first_n + i, OUT - 1u)) * quads_k;
  }

  var sums: array<array<f32, TILE>, TILE>;  // [t, n]
  for (var k = 0u; k < quads_k; k++) {
    var weights: array<vec4f, TILE>;
    for (var j = 0u; j < TILE; j++) { weights[j] = weight4(from_w[j] + k); }
    for (var i = 0u; i < TILE; i++) {
      let input = x[from_x[i] + k];
      for (var j = 0u; j < TILE; j++) { sums[i][j] += dot(input, weights[j]); }
    }
  }

  for (var i = 0u; i < TILE; i++) {
    for (var j = 0u; j < TILE; j++) {
      if (first_t + i < rows.x && first_n + j < OUT) { store(batch, first_t + i, first_n + j, sums[i][j]); }
    }
  }
}
