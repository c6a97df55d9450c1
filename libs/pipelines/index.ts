export { engineVersions, GOLDEN_PIXELS, type GoldenHashes, makeGolden } from './golden/golden.js';
export type { SheetOptions } from './layout.js';
export { findProfile, listProfiles, DEFAULT_PROFILE } from './print/profiles.js';
export { type ProofFacts, type ProofOrder, type ProofRequest, renderProofs } from './proofs.js';
export { findStyle, listStyles, resolveSettings, type StyleSummary } from './registry.js';
export { render, type RenderFacts, type RenderProgress, type RenderRequest } from './render.js';
