// y = act(x · wᵀ) for one row of x: LANES threads share each output, striding over K.
override LANES: u32 = 16u;  // a power of two, 1 … 64; 1 needs no barrier

const THREADS = 64u;

var<workgroup> partial: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % LANES;
  let n = group.x * (THREADS / LANES) + thread / LANES;
  let batch = group.z;
  let live = n < OUT;

  var sum = 0.0;
  if (live) {
    let start = (batch * OUT + n) * quads();
    let input = batch * (BATCH_X / 4u);
    for (var k = lane; k < quads(); k += LANES) { sum += dot(x[input + k], weight4(start + k)); }
  }
  if (LANES > 1u) {
    partial[thread] = sum;
    workgroupBarrier();
    sum = 0.0;
    if (lane == 0u) {
      for (var i = 0u; i < LANES; i++) { sum += partial[thread + i]; }
    }
  }
  if (live && lane == 0u) { store(batch, 0u, n, sum); }
}
