import type { Style } from '../../style.js';
import { analyze, type WatercolorPlan } from './analysis.js';
import { watercolorSettings, watercolorVariants, type WatercolorSettings } from './settings.js';

/** Transparent washes with pooled rims on cold-pressed paper. */
export const watercolor: Style<WatercolorSettings, WatercolorPlan> = {
  slug: 'watercolor',
  version: '1.0.1',
  catalogue: {
    id: '550e8400-e29b-41d4-a716-446655440000',
    name: 'Watercolor',
    description: 'Transparent washes with pooled edges and granulation on cold-press paper',
  },
  goldenPixels: '29348be6d35978ed',
  settingsSchema: watercolorSettings,
  variants: watercolorVariants,
  analyze,
};
