/**
 * Optimizer updates of all weights in one pass. A tile is at most {@link VALUES_A_TILE} values of one weight; a table names them:
 * count, weight decay, then the addresses of weight, gradient and state.
 */

/** Arguments: table (6 words a tile: count, decay, weight, gradient, velocity, unused), learning rate, momentum, nesterov, gradient scale. */
export function sgdTile(tile: i32, args: usize): void {
  const row = <usize>load<u32>(args) + <usize>tile * 24;
  let n = load<i32>(row);
  const decay = load<f32>(row, 4);
  let w = <usize>load<u32>(row, 8),
    g = <usize>load<u32>(row, 12),
    v = <usize>load<u32>(row, 16);
  const rate = load<f32>(args, 4);
  const momentum = load<f32>(args, 8);
  const nesterov = load<i32>(args, 12) != 0;
  const scale = load<f32>(args, 16);
  const rates = f32x4.splat(rate),
    momenta = f32x4.splat(momentum),
    decays = f32x4.splat(decay),
    scales = f32x4.splat(scale);
  for (; n >= 4; n -= 4) {
    const weight = v128.load(w);
    const gradient = f32x4.add(f32x4.mul(v128.load(g), scales), f32x4.mul(weight, decays));
    const velocity = f32x4.add(f32x4.mul(v128.load(v), momenta), gradient);
    const step = nesterov ? f32x4.add(gradient, f32x4.mul(velocity, momenta)) : velocity;
    v128.store(v, velocity);
    v128.store(w, f32x4.sub(weight, f32x4.mul(step, rates)));
    w += 16;
    g += 16;
    v += 16;
  }
  for (; n > 0; --n) {
    const weight = load<f32>(w);
    const gradient = load<f32>(g) * scale + weight * decay;
    const velocity = load<f32>(v) * momentum + gradient;
    store<f32>(v, velocity);
    store<f32>(w, weight - (nesterov ? gradient + velocity * momentum : velocity) * rate);
    w += 4;
    g += 4;
    v += 4;
  }
}

/**
 * Arguments: table (6 words a tile: count, decay, weight, gradient, first moment, second moment), learning rate, beta1, beta2,
 * epsilon, gradient scale, first correction 1 / (1 - beta1^step), second correction 1 / (1 - beta2^step).
 */
export function adamWTile(tile: i32, args: usize): void {
  const row = <usize>load<u32>(args) + <usize>tile * 24;
  let n = load<i32>(row);
  const rate = load<f32>(args, 4);
  const keep = <f32>1 - rate * load<f32>(row, 4);
  let w = <usize>load<u32>(row, 8),
    g = <usize>load<u32>(row, 12),
    m = <usize>load<u32>(row, 16),
    v = <usize>load<u32>(row, 20);
  const beta1 = load<f32>(args, 8),
    beta2 = load<f32>(args, 12),
    epsilon = load<f32>(args, 16),
    scale = load<f32>(args, 20);
  const step = rate * load<f32>(args, 24);
  const correction = load<f32>(args, 28);
  const rest1 = <f32>1 - beta1,
    rest2 = <f32>1 - beta2;
  for (; n >= 4; n -= 4) {
    const gradient = f32x4.mul(v128.load(g), f32x4.splat(scale));
    const first = f32x4.add(
      f32x4.mul(v128.load(m), f32x4.splat(beta1)),
      f32x4.mul(gradient, f32x4.splat(rest1)),
    );
    const second = f32x4.add(
      f32x4.mul(v128.load(v), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(gradient, gradient), f32x4.splat(rest2)),
    );
    v128.store(m, first);
    v128.store(v, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, f32x4.splat(correction))), f32x4.splat(epsilon));
    const change = f32x4.div(f32x4.mul(first, f32x4.splat(step)), root);
    v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), f32x4.splat(keep)), change));
    w += 16;
    g += 16;
    m += 16;
    v += 16;
  }
  for (; n > 0; --n) {
    const gradient = load<f32>(g) * scale;
    const first = load<f32>(m) * beta1 + gradient * rest1;
    const second = load<f32>(v) * beta2 + gradient * gradient * rest2;
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(w, load<f32>(w) * keep - (first * step) / (sqrt<f32>(second * correction) + epsilon));
    w += 4;
    g += 4;
    m += 4;
    v += 4;
  }
}
