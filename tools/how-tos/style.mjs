/** A style: its folder and one line of the table of styles. */
export const style = {
  name: 'a style',
  limit: 1,
  steps(project) {
    project.copy('libs/pipelines/src/styles/pop-poster', 'libs/pipelines/src/styles/duotone', [
      ['pop-poster', 'duotone'],
      ['popPoster', 'duotone'],
      ['PopPoster', 'Duotone'],
      ['Pop Poster', 'Duotone'],
      ['550e8400-e29b-41d4-a716-446655440001', '550e8400-e29b-41d4-a716-446655449999'],
    ]);
    const styles = 'libs/pipelines/src/styles/index.ts';
    project.edit(styles, 'export { popPoster }', "export { duotone } from './duotone/style.js';\nexport { popPoster }");
    project.edit(
      'test/integration/migrations.spec.ts',
      "      'between-the-lines',\n",
      "      'between-the-lines',\n      'duotone',\n",
    );
  },
  test: 'pipelines/src/registry',
};
