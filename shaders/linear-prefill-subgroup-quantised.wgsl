// Y = act(X · Wᵀ) for many rows and weights in int8 or int4 on adapters that compute on the CPU in subgroups of 4:
// linear-prefill-subgroup, but eight weights are loaded at once.
const TILE_T = 16u;
const TILE_N = 4u;

struct Eight {
  low: vec4f,
  high: vec4f,
}

// Eight weights of a row from 8·index on, times their scale.
fn weights8(row: u32, index: u32, scale: f32) -> Eight {
  let at = row * (linear.quads / 2u) + index;
  if (FORMAT == INT4) {
    let packed = word(at / 2u)[at % 2u];
    return Eight(scale * (nibbles(packed) - 8.0), scale * (nibbles(packed >> 16u) - 8.0));
  }
  let packed = word(at);
  return Eight(scale * signed_bytes(packed.x), scale * signed_bytes(packed.y));
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
  // Scales are loaded for eight weights each time: a loop around this one costs more.
  for (var index = 0u; index < linear.quads / 2u; index++) {
    let at = index / 4u;
    let scales = vec4f(scale(row.x, at), scale(row.y, at), scale(row.z, at), scale(row.w, at));
    let p = weights8(row.x, index, scales.x);
    let q = weights8(row.y, index, scales.y);
    let r = weights8(row.z, index, scales.z);
    let s = weights8(row.w, index, scales.w);
    let low = mat4x4f(p.low, q.low, r.low, s.low);
    let a = x[x0 + 2u * index]; let b = x[x4 + 2u * index]; let c = x[x8 + 2u * index]; let d = x[x12 + 2u * index];
    s0 += quadBroadcast(a, 0u) * low; s1 += quadBroadcast(a, 1u) * low;
    s2 += quadBroadcast(a, 2u) * low; s3 += quadBroadcast(a, 3u) * low;
    s4 += quadBroadcast(b, 0u) * low; s5 += quadBroadcast(b, 1u) * low;
    s6 += quadBroadcast(b, 2u) * low; s7 += quadBroadcast(b, 3u) * low;
    s8 += quadBroadcast(c, 0u) * low; s9 += quadBroadcast(c, 1u) * low;
    s10 += quadBroadcast(c, 2u) * low; s11 += quadBroadcast(c, 3u) * low;
    s12 += quadBroadcast(d, 0u) * low; s13 += quadBroadcast(d, 1u) * low;
    s14 += quadBroadcast(d, 2u) * low; s15 += quadBroadcast(d, 3u) * low;
    let high = mat4x4f(p.high, q.high, r.high, s.high);
    let e = x[x0 + 2u * index + 1u]; let f = x[x4 + 2u * index + 1u]; let g = x[x8 + 2u * index + 1u]; let h = x[x12 + 2u * index + 1u];
    s0 += quadBroadcast(e, 0u) * high; s1 += quadBroadcast(e, 1u) * high;
    s2 += quadBroadcast(e, 2u) * high; s3 += quadBroadcast(e, 3u) * high;
    s4 += quadBroadcast(f, 0u) * high; s5 += quadBroadcast(f, 1u) * high;
    s6 += quadBroadcast(f, 2u) * high; s7 += quadBroadcast(f, 3u) * high;
    s8 += quadBroadcast(g, 0u) * high; s9 += quadBroadcast(g, 1u) * high;
    s10 += quadBroadcast(g, 2u) * high; s11 += quadBroadcast(g, 3u) * high;
    s12 += quadBroadcast(h, 0u) * high; s13 += quadBroadcast(h, 1u) * high;
    s14 += quadBroadcast(h, 2u) * high; s15 += quadBroadcast(h, 3u) * high;
  }

  var sums = array<vec4f, TILE_T>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
  for (var i = 0u; i < min(TILE_T, rows.x - t); i++) {
    for (var j = 0u; j < TILE_N; j++) { store(batch, t + i, n + j, sums[i][j]); }
  }
}
