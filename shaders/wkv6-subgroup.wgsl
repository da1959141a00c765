// RWKV-6's recurrence as in wkv6 on adapters that compute on the CPU in subgroups of 4, where a load costs as much as many
// products: the threads of a subgroup have the same 8 rows i, so that each loads two of them and hands them to its neighbours.
// Which halves of `partial` the threads add up takes turns, so one barrier a token is enough.
override HEAD: u32;             // N, head size
override PARTS: u32;            // N / 8, rounded up
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each of k, v, r, g has room for

const GROUPS = 4u;

@group(0) @binding(0) var<storage, read> kvrg: array<f32>;          // [4, BATCH, C]
@group(0) @binding(1) var<storage, read> decay: array<f32>;         // [T, C]
@group(0) @binding(2) var<storage, read> bonus: array<f32>;         // [C]: u
@group(0) @binding(3) var<storage, read_write> state: array<f32>;   // [H, N, N]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;       // [T, C]
@group(0) @binding(5) var<uniform> rows: vec4u;                     // T in .x

var<workgroup> partial: array<vec4f, 2u * PARTS * GROUPS>;          // [token mod 2, part, group]

// One token for one row, of which `mine` are k, r and w: adds its share of y to sum.
fn turn(s: ptr<function, vec4f>, sum: ptr<function, vec4f>, mine: vec3f, u: f32, v: vec4f) {
  let kv = mine.x * v;
  *sum += mine.y * (*s + u * kv);
  *s = mine.z * *s + kv;
}

@compute @workgroup_size(GROUPS, PARTS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_invocation_id) lane: u32) {
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
  for (var t = 0u; t < rows.x; t++) {
    let row = t * STRIDE;
    let v = vec4f(kvrg[v_at.x + row], kvrg[v_at.y + row], kvrg[v_at.z + row], kvrg[v_at.w + row]);
    // Of the 8 rows this thread loads one of the first four and one of the last; one past the head counts as zero.
    let at = row + c + lane;
    let r = 2u * BATCH * STRIDE + at;
    let a = vec3f(select(0.0, kvrg[at], i + lane < HEAD), kvrg[r], decay[at]);
    let b = vec3f(select(0.0, kvrg[at + 4u], i + lane + 4u < HEAD), kvrg[r + 4u], decay[at + 4u]);
    var sum = vec4f();
    turn(&s0, &sum, quadBroadcast(a, 0u), u.x, v);
    turn(&s1, &sum, quadBroadcast(a, 1u), u.y, v);
    turn(&s2, &sum, quadBroadcast(a, 2u), u.z, v);
    turn(&s3, &sum, quadBroadcast(a, 3u), u.w, v);
    turn(&s4, &sum, quadBroadcast(b, 0u), u4.x, v);
    turn(&s5, &sum, quadBroadcast(b, 1u), u4.y, v);
    turn(&s6, &sum, quadBroadcast(b, 2u), u4.z, v);
    turn(&s7, &sum, quadBroadcast(b, 3u), u4.w, v);
    let half = (t % 2u) * PARTS * GROUPS;
    partial[half + thread] = sum;
    workgroupBarrier();
    if (local.y == t % PARTS) {
      var all = vec4f();
      for (var at = half + local.x; at < half + PARTS * GROUPS; at += GROUPS) { all += partial[at]; }
      for (var n = 0u; n < 4u; n++) {
        if (columns[n] < HEAD) { y[row + head + columns[n]] = all[n]; }
      }
    }
  }

  save(c, true, columns, s0); save(c + 1u, l1, columns, s1);
  save(c + 2u, l2, columns, s2); save(c + 3u, l3, columns, s3);
  save(c + 4u, l4, columns, s4); save(c + 5u, l5, columns, s5);
  save(c + 6u, l6, columns, s6); save(c + 7u, l7, columns, s7);
}
