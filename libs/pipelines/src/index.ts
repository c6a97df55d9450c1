export { engineVersions, type GoldenHashes, makeGolden } from './golden/golden.js';
export type { SheetOptions } from './layout.js';
export { findProfile, listProfiles, DEFAULT_PROFILE } from './print/profiles.js';
export { type ProofOutput, type ProofTask, type ProofRequest, renderProofs } from './proofs.js';
export { findStyle, goldenPixels, listStyles, resolveSettings, type StyleSummary } from './registry.js';
export { render, type RenderOutput, type RenderProgress, type RenderRequest } from './render.js';
