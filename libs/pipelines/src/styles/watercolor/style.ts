import type { Style } from '../../style.js';
import { analyze, type WatercolorPlan } from './analysis.js';
import { watercolorSettings, watercolorVariants, type WatercolorSettings } from './settings.js';

/** Transparent washes with pooled rims on cold-pressed paper. */
export const watercolor: Style<WatercolorSettings, WatercolorPlan> = {
  slug: 'watercolor',
  version: '1.0.1',
  settingsSchema: watercolorSettings,
  variants: watercolorVariants,
  analyze: analyze,
};
