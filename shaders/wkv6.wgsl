// RWKV-6's recurrence. Per head, with the state S [N_k, N_v] and for each token in turn:
//   y_j = Σ_i r_i (S_ij + u_i k_i v_j), then S_ij ← w_i S_ij + k_i v_j.
// A thread keeps 8 rows i of 4 columns j in registers through all tokens; the parts of a column meet once every few
// tokens to add up y. A workgroup has 4 · GROUPS columns of one head, so a head is spread over several workgroups.
override HEAD: u32;             // N, head size
override PARTS: u32;            // N / 8, rounded up
override GROUPS: u32;
override STEPS: u32 = 8u;       // tokens between two barriers
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each of k, v, r, g has room for

@group(0) @binding(0) var<storage, read> kvrg: array<f32>;          // [4, BATCH, C]
@group(0) @binding(1) var<storage, read> decay: array<f32>;         // [T, C]
@group(0) @binding(2) var<storage, read> bonus: array<f32>;         // [C]: u
@group(0) @binding(3) var<storage, read_write> state: array<f32>;   // [H, N, N]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;       // [T, C]
@group(0) @binding(5) var<uniform> rows: vec4u;                     // T in .x

var<workgroup> partial: array<vec4f, STEPS * PARTS * GROUPS>;       // [token, part, group]

// One token for one row: adds its share of y to sum. `at` is the token's place of the row's channel in k and w.
fn turn(s: ptr<function, vec4f>, sum: ptr<function, vec4f>, at: u32, live: bool, u: f32, v: vec4f) {
  let kv = select(0.0, kvrg[at], live) * v;
  *sum += kvrg[2u * BATCH * STRIDE + at] * (*s + u * kv);
  *s = decay[at] * *s + kv;
}

@compute @workgroup_size(GROUPS, PARTS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32) {
  let head = group.y * HEAD;              // first channel of the head
  let columns = group.x * 4u * GROUPS + local.x + GROUPS * vec4u(0u, 1u, 2u, 3u);
  let v_at = BATCH * STRIDE + head + min(columns, vec4u(HEAD - 1u));
  let i = local.y * 8u;                   // first of this thread's rows
  let c = head + i;
  let l1 = i + 1u < HEAD; let l2 = i + 2u < HEAD; let l3 = i + 3u < HEAD; let l4 = i + 4u < HEAD;
  let l5 = i + 5u < HEAD; let l6 = i + 6u < HEAD; let l7 = i + 7u < HEAD;
  var s0 = load(c, true, columns); var s1 = load(c + 1u, l1, columns);
  var s2 = load(c + 2u, l2, columns); var s3 = load(c + 3u, l3, columns);
  var s4 = load(c + 4u, l4, columns); var s5 = load(c + 5u, l5, columns);
  var s6 = load(c + 6u, l6, columns); var s7 = load(c + 7u, l7, columns);
  let u = vec4f(bonus[c], bonus[c + 1u], bonus[c + 2u], bonus[c + 3u]);
  let u4 = vec4f(bonus[c + 4u], bonus[c + 5u], bonus[c + 6u], bonus[c + 7u]);

  for (var t0 = 0u; t0 < rows.x; t0 += STEPS) {
    let steps = min(STEPS, rows.x - t0);
    for (var step = 0u; step < steps; step++) {
      let row = (t0 + step) * STRIDE;
      let v = vec4f(kvrg[v_at.x + row], kvrg[v_at.y + row], kvrg[v_at.z + row], kvrg[v_at.w + row]);
      let at = row + c;
      var sum = vec4f();
      turn(&s0, &sum, at, true, u.x, v);
      turn(&s1, &sum, at + 1u, l1, u.y, v);
      turn(&s2, &sum, at + 2u, l2, u.z, v);
      turn(&s3, &sum, at + 3u, l3, u.w, v);
      turn(&s4, &sum, at + 4u, l4, u4.x, v);
      turn(&s5, &sum, at + 5u, l5, u4.y, v);
      turn(&s6, &sum, at + 6u, l6, u4.z, v);
      turn(&s7, &sum, at + 7u, l7, u4.w, v);
      partial[step * PARTS * GROUPS + thread] = sum;
    }
    workgroupBarrier();
    for (var step = local.y; step < steps; step += PARTS) {
      var sum = vec4f();
      let end = (step + 1u) * PARTS * GROUPS;
      for (var at = step * PARTS * GROUPS + local.x; at < end; at += GROUPS) { sum += partial[at]; }
      for (var n = 0u; n < 4u; n++) {
        if (columns[n] < HEAD) { y[(t0 + step) * STRIDE + head + columns[n]] = sum[n]; }
      }
    }
    workgroupBarrier();
  }

  save(c, true, columns, s0); save(c + 1u, l1, columns, s1);
  save(c + 2u, l2, columns, s2); save(c + 3u, l3, columns, s3);
  save(c + 4u, l4, columns, s4); save(c + 5u, l5, columns, s5);
  save(c + 6u, l6, columns, s6); save(c + 7u, l7, columns, s7);
}
