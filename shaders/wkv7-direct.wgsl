// RWKV-7's recurrence (wkv7.wgsl) on adapters that compute on the CPU, where barriers are slow: a thread has whole columns,
// four of them, and leaves them in storage. While it updates a row for one token it adds up the next token's sum over κ.
override HEAD: u32;             // N, head size
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each of the inputs has room for

@group(0) @binding(0) var<storage, read> inputs: array<f32>;        // [6, BATCH, C]: r, k, v, w, κ, β
@group(0) @binding(1) var<storage, read_write> state: array<f32>;   // [H, N, N]
@group(0) @binding(2) var<storage, read_write> y: array<f32>;       // [T, C]
@group(0) @binding(3) var<uniform> rows: vec4u;                     // T in .x

@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * 4u;
  if (first >= HEAD) { return; }
  let head = id.y * HEAD;                 // first channel of the head
  // Columns past the end repeat the last one: they read and write what it does.
  let j = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(HEAD - 1u));
  let top = head * HEAD + j;

  var gone = vec4f();
  for (var i = 0u; i < HEAD; i++) {
    let cell = top + i * HEAD;
    let s = vec4f(state[cell.x], state[cell.y], state[cell.z], state[cell.w]);
    gone += inputs[4u * BATCH * STRIDE + head + i] * s;
  }
  for (var t = 0u; t < rows.x; t++) {
    let row = t * STRIDE + head;
    let next = min(t + 1u, rows.x - 1u) * STRIDE + head;
    let at = 2u * BATCH * STRIDE + row + j;
    let v = vec4f(inputs[at.x], inputs[at.y], inputs[at.z], inputs[at.w]);
    var sum = vec4f();
    var next_gone = vec4f();
    for (var i = 0u; i < HEAD; i++) {
      let c = row + i;
      let cell = top + i * HEAD;
      var s = vec4f(state[cell.x], state[cell.y], state[cell.z], state[cell.w]);
      s = inputs[3u * BATCH * STRIDE + c] * s + inputs[BATCH * STRIDE + c] * v - inputs[5u * BATCH * STRIDE + c] * gone;
      sum += inputs[c] * s;
      next_gone += inputs[4u * BATCH * STRIDE + next + i] * s;
      state[cell.x] = s.x; state[cell.y] = s.y; state[cell.z] = s.z; state[cell.w] = s.w;
    }
    gone = next_gone;
    let out = row + j;
    y[out.x] = sum.x; y[out.y] = sum.y; y[out.z] = sum.z; y[out.w] = sum.w;
  }
}
