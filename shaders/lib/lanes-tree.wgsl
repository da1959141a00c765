// Sums over the LANES threads that share outputs, through workgroup memory; the first of them gets the result. In uniform control flow.
override THREADS: u32 = 64u;
override LANES: u32 = 32u;     // a power of two up to THREADS

var<workgroup> partial: array<vec4f, THREADS>;

fn sum_lanes(value: vec4f, thread: u32) -> vec4f {
  if (LANES == 1u) { return value; }
  partial[thread] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread % LANES < half) { partial[thread] += partial[thread + half]; }
  }
  return partial[thread];
}
