import { findStyle, listCatalogueEntries, listStyles, resolveSettings } from './registry.js';
import { painters } from './styles/painters.generated.js';

const slugs = listStyles().map(({ slug }) => slug);

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('the registry', () => {
  it('lists the styles with schema and defaults', () => {
    expect(slugs).toEqual(expect.arrayContaining(['pop-poster']));
    for (const { settingsSchema, defaults, pipelineVersion } of listStyles()) {
      expect(pipelineVersion).toMatch(/^\d+\.\d+\.\d+$/);
      expect(settingsSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(Object.values(defaults)).not.toContain(undefined);
    }
  });

  it.each(slugs)('describes every setting of %s, and accepts its own defaults', (slug) => {
    const { settingsSchema, defaults } = listStyles().find((style) => style.slug === slug)!;
    for (const property of Object.values((settingsSchema as { properties: Record<string, object> }).properties)) {
      expect(property).toHaveProperty('description');
      expect(property).toHaveProperty('default');
    }
    expect(resolveSettings(slug, defaults)).toEqual(defaults);
    const count = Object.keys(defaults).length;
    expect([count >= 6, count <= 12]).toEqual([true, true]);
  });

  it('has a painter for each style, and no other', async () => {
    expect(Object.keys(painters).sort()).toEqual([...slugs].sort());
    for (const slug of slugs) expect((await painters[slug]()).createPainter).toBeInstanceOf(Function);
  });

  it('describes each style for the catalogue, in the order in which they joined it', () => {
    const entries = listCatalogueEntries();
    expect(entries.map(({ slug }) => slug)).toEqual(slugs);
    expect(entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).sort());
    expect(new Set(entries.map(({ id }) => id)).size).toBe(slugs.length);
  });

  it.each(slugs)('has three variants of %s that differ from the defaults', (slug) => {
    const { variants, defaults } = listStyles().find((style) => style.slug === slug)!;
    expect(Object.keys(variants)).toHaveLength(3);
    for (const variant of Object.values(variants)) expect(resolveSettings(slug, variant)).not.toEqual(defaults);
  });

  it('fills in defaults, from nothing at all too', () => {
    for (const nothing of [undefined, null, {}]) {
      expect(resolveSettings('pop-poster', nothing)).toMatchObject({ colors: 10 });
    }
    expect(resolveSettings('pop-poster', { colors: 4 })).toMatchObject({ colors: 4, seed: 1 });
  });

  it('names each bad and each unknown field', () => {
    const error = thrownBy(() =>
      resolveSettings('pop-poster', { colors: 1, inkColor: 'red', vividness: '2', sparkle: true }),
    );
    expect(error).toMatchObject({
      code: 'invalid_settings',
      message: 'Invalid settings for style pop-poster',
      details: expect.arrayContaining([
        { field: 'colors', message: 'must be a whole number from 3 to 16' },
        { field: 'inkColor', message: expect.any(String) as string },
        { field: 'vividness', message: 'must be a number from 0.5 to 2' },
        { field: 'sparkle', message: 'is not a setting of this style' },
      ]) as unknown,
    });
    expect((error as { details: unknown[] }).details).toHaveLength(4);
  });

  it.each([
    ['a list', []],
    ['a text', 'x'],
    ['a number', 3],
  ])('refuses %s for settings', (_, settings) => {
    expect(thrownBy(() => resolveSettings('pop-poster', settings))).toMatchObject({ code: 'invalid_settings' });
  });

  it('does not know other styles', () => {
    expect(thrownBy(() => findStyle('fresco'))).toMatchObject({
      code: 'unknown_style',
      message: expect.stringContaining('Unknown style fresco: choose one of watercolor, pop-poster') as string,
    });
    expect(thrownBy(() => resolveSettings('toString', {}))).toMatchObject({ code: 'unknown_style' });
  });
});
