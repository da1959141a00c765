// Sums over the threads that share outputs, where those are a subgroup: LANES is its size. In uniform control flow.
override THREADS: u32 = 64u;
override LANES: u32 = 32u;     // threads of a subgroup

fn sum_lanes(value: vec4f, thread: u32) -> vec4f { return subgroupAdd(value); }
