import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PILLOW = `
import json, sys
from PIL import Image, ImageCms
import io
Image.MAX_IMAGE_PIXELS = None
image = Image.open(sys.argv[1])
image.load()
tags = image.tag_v2
profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
print(json.dumps({
    "size": image.size, "mode": image.mode, "frames": image.n_frames,
    "bits": tags[258], "compression": tags[259], "predictor": tags[317], "unit": tags[296],
    "dpi": [float(tags[282]), float(tags[283])],
    "profile": ImageCms.getProfileDescription(profile).strip(),
}))
`;

/** What Pillow, reading every pixel, makes of a print file. */
export async function readWithPillow(path: string): Promise<Record<string, unknown>> {
  const { stdout } = await run('/usr/bin/python3', ['-c', PILLOW, path]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** What libtiff's own tool reports about a print file; it must have no complaint. */
export async function readWithTiffinfo(path: string): Promise<string> {
  const { stdout, stderr } = await run('tiffinfo', [path]);
  if (stderr) throw new Error(`tiffinfo complains: ${stderr}`);
  return stdout;
}
