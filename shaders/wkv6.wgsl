// RWKV-6's recurrence. Per head, with the state S [N_k, N_v] and for each token in turn:
//   y_j = Σ_i r_i (S_ij + u_i k_i v_j), then S_ij ← w_i S_ij + k_i v_j.
// A thread owns one column j and keeps its rows in registers through all tokens; 64 rows at most, so larger heads take
// one dispatch for each block of 64, which add up in y.
override HEAD: u32;             // N, head size
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each of k, v, r, g has room for
override FIRST_ROW: u32 = 0u;   // first state row of this dispatch
override BLOCK: u32;            // state rows of this dispatch, ≤ 64

const MAX_QUADS = 16u;          // registers: 64 rows
const STEPS = 16u;              // tokens fetched between two barriers

@group(0) @binding(0) var<storage, read> kvrg: array<f32>;          // [4, BATCH, C]
@group(0) @binding(1) var<storage, read> decay: array<f32>;         // [T, C]
@group(0) @binding(2) var<storage, read> bonus: array<f32>;         // [C]: u
@group(0) @binding(3) var<storage, read_write> state: array<f32>;   // [H, N, N]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;       // [T, C]
@group(0) @binding(5) var<uniform> rows: vec4u;                     // T in .x

// Rows past BLOCK are zero in all of these, so they add nothing.
var<workgroup> r: array<vec4f, STEPS * MAX_QUADS>;
var<workgroup> k: array<vec4f, STEPS * MAX_QUADS>;
var<workgroup> w: array<vec4f, STEPS * MAX_QUADS>;

fn quads() -> u32 { return (BLOCK + 3u) / 4u; }

// 1 for each of the rows 4q … 4q + 3 that exists.
fn mask(q: u32) -> vec4f { return select(vec4f(), vec4f(1.0), vec4u(0u, 1u, 2u, 3u) + 4u * q < vec4u(BLOCK)); }

fn kvrg4(at: u32, q: u32) -> vec4f { return vec4f(kvrg[at], kvrg[at + 1u], kvrg[at + 2u], kvrg[at + 3u]) * mask(q); }

@compute @workgroup_size(HEAD)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) j: u32) {
  let channel = group.x * HEAD;
  let state_from = (channel + FIRST_ROW) * HEAD + j;

  var s: array<vec4f, MAX_QUADS>;
  var u: array<vec4f, MAX_QUADS>;
  for (var q = 0u; q < quads(); q++) {
    let at = state_from + 4u * q * HEAD;
    let start = channel + FIRST_ROW + 4u * q;
    s[q] = vec4f(state[at], state[at + HEAD], state[at + 2u * HEAD], state[at + 3u * HEAD]) * mask(q);
    u[q] = vec4f(bonus[start], bonus[start + 1u], bonus[start + 2u], bonus[start + 3u]) * mask(q);
  }

  for (var t0 = 0u; t0 < rows.x; t0 += STEPS) {
    let steps = min(STEPS, rows.x - t0);
    for (var n = j; n < steps * quads(); n += HEAD) {
      let q = n % quads();
      let at = (t0 + n / quads()) * STRIDE + channel + FIRST_ROW + 4u * q;
      let slot = (n / quads()) * MAX_QUADS + q;
      k[slot] = kvrg4(at, q);
      r[slot] = kvrg4(2u * BATCH * STRIDE + at, q);
      w[slot] = vec4f(decay[at], decay[at + 1u], decay[at + 2u], decay[at + 3u]) * mask(q);
    }
    workgroupBarrier();
    for (var step = 0u; step < steps; step++) {
      let at = (t0 + step) * STRIDE + channel + j;
      let v = kvrg[BATCH * STRIDE + at];
      var sum = vec4f();
      for (var q = 0u; q < quads(); q++) {
        let slot = step * MAX_QUADS + q;
        let kv = k[slot] * v;
        sum += r[slot] * (s[q] + u[q] * kv);
        s[q] = w[slot] * s[q] + kv;
      }
      let value = sum.x + sum.y + sum.z + sum.w;
      if (FIRST_ROW == 0u) { y[at] = value; } else { y[at] += value; }
    }
    workgroupBarrier();
  }

  for (var q = 0u; q < quads(); q++) {
    for (var i = 0u; i < 4u; i++) {
      if (4u * q + i < BLOCK) { state[state_from + (4u * q + i) * HEAD] = s[q][i]; }
    }
  }
}
