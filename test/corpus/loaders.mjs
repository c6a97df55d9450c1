// Runs in a process of its own. Reports for each file whether the native library opens it: under the settings of the service
// (no argument), or with every loader shut but the one named.
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { configureDecoder } from '#photo';

const [loader, ...files] = process.argv.slice(2);

if (loader === 'service') configureDecoder();
else {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: [loader] });
}

async function openingOf(input) {
  try {
    const { format } = await sharp(input).metadata();
    return `opened as ${format}`;
  } catch (error) {
    return error.message;
  }
}

const answers = [];
for (const file of files) {
  for (const input of [file, readFileSync(file)]) {
    const answer = await openingOf(input);
    answers.push(answer);
  }
}
console.log(JSON.stringify(answers));
