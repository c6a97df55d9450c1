/**
 * Roots, exponentials and angles built from + - * / and sqrt alone. The language leaves Math.exp, pow, sin and the like
 * to the engine; these give the same bits everywhere.
 */

const LN2 = 0.6931471805599453;

/** e to the x, relative error about 1e-14, for |x| up to some hundreds. */
export function detExp(x: number): number {
  const n = Math.round(x / LN2);
  const r = x - n * LN2;
  let term = 1;
  let sum = 1;
  for (let i = 1; i < 16; i++) {
    term = (term * r) / i;
    sum += term;
  }
  const factor = n < 0 ? 0.5 : 2;
  for (let i = Math.abs(n); i > 0; i--) sum *= factor;
  return sum;
}

/** Sine and cosine of an angle in degrees. */
export function detSinCos(degrees: number): { sin: number; cos: number } {
  const quarter = Math.round(degrees / 90);
  const x = ((degrees - quarter * 90) * 3.141592653589793) / 180;
  let sin = 0;
  let cos = 0;
  let term = 1;
  for (let i = 0; i < 20; i++) {
    const signed = i & 2 ? -term : term;
    if (i & 1) sin += signed;
    else cos += signed;
    term = (term * x) / (i + 1);
  }
  const turn = ((quarter % 4) + 4) % 4;
  if (turn === 0) return { sin, cos };
  if (turn === 1) return { sin: cos, cos: -sin };
  return turn === 2 ? { sin: -sin, cos: -cos } : { sin: -cos, cos: sin };
}

/** The n-th root of a number in 0..1, by Newton's method from above, which approaches it monotonically. */
export function detCbrt(x: number, n: number): number {
  if (x <= 0) return 0;
  let y = 1;
  for (let i = 0; i < 200; i++) {
    let power = 1;
    for (let k = 1; k < n; k++) power *= y;
    const next = y - (y * power - x) / (n * power);
    if (next >= y) break;
    y = next;
  }
  return y;
}

/** Angle of the vector (x, y) in turns, -0.5..0.5, error below 1e-5 turns: ample for directions. */
export function detAtan2Turns(y: number, x: number): number {
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  const high = ax > ay ? ax : ay;
  if (high === 0) return 0;
  const q = (ax > ay ? ay : ax) / high;
  const s = q * q;
  let turns = q * (0.1591513 + s * (-0.0529387 + s * (0.0308034 + s * (-0.0185309 + s * (0.00838 - s * 0.0018655)))));
  if (ay > ax) turns = 0.25 - turns;
  if (x < 0) turns = 0.5 - turns;
  return y < 0 ? -turns : turns;
}

const COSINES = Float64Array.from({ length: 2049 }, (_, i) => detSinCos((i * 360) / 2048).cos);

/** Cosine of an angle in turns, from a table, error below 2e-6. */
export function cosineOfTurns(turns: number): number {
  const at = (turns - Math.floor(turns)) * 2048;
  const i = Math.floor(at);
  return COSINES[i] + (COSINES[i + 1] - COSINES[i]) * (at - i);
}
