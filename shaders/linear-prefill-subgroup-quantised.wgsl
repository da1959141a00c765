// Y = act(X · Wᵀ) for many rows and weights in int8 or int4 on adapters that compute on the CPU in subgroups of 4:
// linear-prefill-subgroup, but eight weights are loaded at once, and scales once for 32.
const TILE_T = 16u;
const TILE_N = 4u;

// Eight weights of a row from 8·index on, times their scale.
fn weights8(row: u32, index: u32, scale: f32) -> array<vec4f, 2> {
  let at = row * (linear.quads / 2u) + index;
  if (FORMAT == INT4) {
    let packed = word(at / 2u)[at % 2u];
    return array<vec4f, 2>(scale * (nibbles(packed) - 8.0), scale * (nibbles(packed >> 16u) - 8.0));
  }
  let packed = word(at);
  return array<vec4f, 2>(scale * signed_bytes(packed.x), scale * signed_bytes(packed.y));
}

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let batch = group.z;
  let n = (group.x * 4u + lane) * TILE_N;
  let t = group.y * TILE_T;
  let row = weight_rows(batch, n);

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f(); // s[t][n]
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let x0 = input_row(batch, t + lane); let x4 = input_row(batch, t + 4u + lane);
  let x8 = input_row(batch, t + 8u + lane); let x12 = input_row(batch, t + 12u + lane);
  for (var group = 0u; group < linear.quads / 8u; group++) {
    let scales = vec4f(scale(row.x, group), scale(row.y, group), scale(row.z, group), scale(row.w, group));
    for (var index = 4u * group; index < 4u * group + 4u; index++) {
      let p = weights8(row.x, index, scales.x);
      let q = weights8(row.y, index, scales.y);
      let r = weights8(row.z, index, scales.z);
      let s = weights8(row.w, index, scales.w);
      for (var half = 0u; half < 2u; half++) {
        let k = 2u * index + half;
        let weights = mat4x4f(
          select(p[0], p[1], half == 1u), select(q[0], q[1], half == 1u),
          select(r[0], r[1], half == 1u), select(s[0], s[1], half == 1u),
        );
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
    }
  }

  var sums = array<vec4f, TILE_T>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
  for (var i = 0u; i < min(TILE_T, rows.x - t); i++) {
    for (var j = 0u; j < TILE_N; j++) { store(batch, t + i, n + j, sums[i][j]); }
  }
}
