// Y = act(X · Wᵀ) for many rows on adapters that compute on the CPU, where barriers and indexed arrays are slow:
// 16 × 4 outputs a thread in named variables, both operands straight from storage.
const TILE_T = 16u;
const TILE_N = 4u;

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let batch = id.z;
  let n = id.x * TILE_N;
  let t = id.y * TILE_T;
  if (n >= linear.rows) { return; }
  let w0 = weight_row(batch, n);
  let w1 = weight_row(batch, n + 1u);
  let w2 = weight_row(batch, n + 2u);
  let w3 = weight_row(batch, n + 3u);

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f(); // s[t][n]
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let x0 = input_row(batch, t); let x1 = input_row(batch, t + 1u);
  let x2 = input_row(batch, t + 2u); let x3 = input_row(batch, t + 3u);
  let x4 = input_row(batch, t + 4u); let x5 = input_row(batch, t + 5u);
  let x6 = input_row(batch, t + 6u); let x7 = input_row(batch, t + 7u);
  let x8 = input_row(batch, t + 8u); let x9 = input_row(batch, t + 9u);
  let x10 = input_row(batch, t + 10u); let x11 = input_row(batch, t + 11u);
  let x12 = input_row(batch, t + 12u); let x13 = input_row(batch, t + 13u);
  let x14 = input_row(batch, t + 14u); let x15 = input_row(batch, t + 15u);
  for (var k = 0u; k < linear.quads; k++) {
    let weights = mat4x4f(weight4(w0, k), weight4(w1, k), weight4(w2, k), weight4(w3, k));
    s0 += x[x0 + k] * weights; s1 += x[x1 + k] * weights; s2 += x[x2 + k] * weights; s3 += x[x3 + k] * weights;
    s4 += x[x4 + k] * weights; s5 += x[x5 + k] * weights; s6 += x[x6 + k] * weights; s7 += x[x7 + k] * weights;
    s8 += x[x8 + k] * weights; s9 += x[x9 + k] * weights; s10 += x[x10 + k] * weights; s11 += x[x11 + k] * weights;
    s12 += x[x12 + k] * weights; s13 += x[x13 + k] * weights; s14 += x[x14 + k] * weights; s15 += x[x15 + k] * weights;
  }

  var sums = array<vec4f, TILE_T>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
  for (var i = 0u; i < min(TILE_T, rows.x - t); i++) {
    for (var j = 0u; j < TILE_N; j++) { store(batch, t + i, n + j, sums[i][j]); }
  }
}
