/** Sum of the four values of a vector, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sum4(v: v128): f32 {
  const q = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(q, 0) + f32x4.extract_lane(q, 1);
}
