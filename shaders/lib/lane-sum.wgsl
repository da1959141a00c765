// Sums over the threads of a workgroup, which all get the result; to be called in uniform control flow.
override LANES: u32 = 64u;     // threads, a power of two

var<workgroup> partial: array<vec2f, LANES>;

fn lane_sum(value: vec2f, lane: u32) -> vec2f {
  partial[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  workgroupBarrier();
  let sum = partial[0];
  workgroupBarrier(); // partial may be written again
  return sum;
}
