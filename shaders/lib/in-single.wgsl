// Products in f32, whatever the weights.
fn lane_products(at: u32, row: vec4u, lane: u32) -> vec4f { return single_products(at, row, lane); }
