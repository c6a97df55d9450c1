/** A setting: its declaration and its typed form are in the file of its namespace. */
export const setting = {
  name: 'a setting',
  limit: 1,
  steps(project) {
    const file = 'libs/config/src/namespaces/storage.config.ts';
    project.edit(
      file,
      '    STORAGE_MIN_FREE_MB: count(',
      `    STORAGE_LINK_DAYS: count(1, 30)({ default: 7, description: 'Days that a link to a stored file is valid.' }),
    STORAGE_MIN_FREE_MB: count(`,
    );
    project.edit(file, '      minFreeBytes: env', '      linkDays: env.STORAGE_LINK_DAYS,\n      minFreeBytes: env');
    project.edit(
      file,
      'const limits: StorageLimits = {',
      'const limits: StorageLimits & { readonly linkDays: number } = {',
    );
  },
  test: 'libs/config',
};
