// Y = act(X · Wᵀ) for many rows on adapters that compute on the CPU in subgroups of 4: as linear-prefill-direct, but a thread loads
// one of four rows of x and hands it to its neighbours, since there a load costs more than many products.
const TILE_T = 16u;
const TILE_N = 4u;

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let batch = group.z;
  let n = (group.x * 4u + lane) * TILE_N;
  let t = group.y * TILE_T;
  let w0 = weight_row(batch, n);
  let w1 = weight_row(batch, n + 1u);
  let w2 = weight_row(batch, n + 2u);
  let w3 = weight_row(batch, n + 3u);

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f(); // s[t][n]
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let x0 = input_row(batch, t + lane); let x4 = input_row(batch, t + 4u + lane);
  let x8 = input_row(batch, t + 8u + lane); let x12 = input_row(batch, t + 12u + lane);
  for (var k = 0u; k < linear.quads; k++) {
    let weights = mat4x4f(weight4(w0, k), weight4(w1, k), weight4(w2, k), weight4(w3, k));
    let a = x[x0 + k]; let b = x[x4 + k]; let c = x[x8 + k]; let d = x[x12 + k];
    s0 += quadBroadcast(a, 0u) * weights; s1 += quadBroadcast(a, 1u) * weights;
    s2 += quadBroadcast(a, 2u) * weights; s3 += quadBroadcast(a, 3u) * weights;
    s4 += quadBroadcast(b, 0u) * weights; s5 += quadBroadcast(b, 1u) * weights;
    s6 += quadBroadcast(b, 2u) * weights; s7 += quadBroadcast(b, 3u) * weights;
    s8 += quadBroadcast(c, 0u) * weights; s9 += quadBroadcast(c, 1u) * weights;
    s10 += quadBroadcast(c, 2u) * weights; s11 += quadBroadcast(c, 3u) * weights;
    s12 += quadBroadcast(d, 0u) * weights; s13 += quadBroadcast(d, 1u) * weights;
    s14 += quadBroadcast(d, 2u) * weights; s15 += quadBroadcast(d, 3u) * weights;
  }

  var sums = array<vec4f, TILE_T>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
  for (var i = 0u; i < min(TILE_T, rows.x - t); i++) {
    for (var j = 0u; j < TILE_N; j++) { store(batch, t + i, n + j, sums[i][j]); }
  }
}
