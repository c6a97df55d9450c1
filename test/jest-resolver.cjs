// Source imports name the compiled file ("./x.js", "#core"); under Jest they mean the TypeScript beside it.
const { existsSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const { imports } = require('../package.json');

module.exports = (request, options) => {
  if (Object.hasOwn(imports, request)) {
    return path.join(root, imports[request].replace('./dist/', '').replace(/\.js$/, '.ts'));
  }
  if (/^\.{1,2}\//.test(request) && request.endsWith('.js') && !options.basedir.includes('node_modules')) {
    const source = path.resolve(options.basedir, request.replace(/\.js$/, '.ts'));
    if (existsSync(source)) return source;
  }
  return options.defaultResolver(request, options);
};
