import type { RenderSession } from '../../engine/render-session.js';
import { planTexels } from './underpainting.js';
import type { PrintGeometry } from '../../geometry.js';
import type { Style, WorkingPhoto } from '../../style.js';
import type { OilPlan } from './painter.js';
import { oilPaintingSettings, oilPaintingVariants, type OilPaintingSettings } from './settings.js';
import { placeStrokes, reserveStrokes } from './strokes.js';

/** Layers of brush strokes, coarse to fine, lit from the side. */
export const oilPainting: Style<OilPaintingSettings, OilPlan> = {
  slug: 'oil-painting',
  version: '1.0.0',
  catalogue: {
    id: '550e8400-e29b-41d4-a716-446655440004',
    name: 'Oil Painting',
    description: 'Layers of bristled brush strokes with lit relief on canvas',
  },
  goldenPixels: 'a150c678e42edd1e',
  settingsSchema: oilPaintingSettings,
  variants: oilPaintingVariants,
  analyze,
};

async function analyze(
  photo: WorkingPhoto,
  settings: OilPaintingSettings,
  geometry: PrintGeometry,
  session: RenderSession,
): Promise<OilPlan> {
  const { arena } = session;
  const list = reserveStrokes(arena);
  const underpainting = planTexels(arena, photo);
  const counts = await arena.scoped(() => placeStrokes(session, photo, { list, underpainting, settings, geometry }));
  return { strokes: { ...list, ...counts }, underpainting, settings };
}
