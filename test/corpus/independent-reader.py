"""Reads pictures without the service's decoder: Pillow, or libtiff's tiff2rgba for what Pillow does not open.

Standard input: a JSON list of pairs, the picture and the file for its pixels (RGB, 8 bits, upright, transparency on white);
then the profile of CMYK pictures and that of the result.
"""
import json
import os
import subprocess
import sys

from PIL import Image, ImageCms


def opened(path):
    # Pillow turns a TIFF upright when it loads it.
    try:
        image = Image.open(path)
        image.load()
        if not image.mode.startswith("I"):
            return image
    except Exception:
        pass
    converted = path + ".rgba.tif"
    subprocess.run(["tiff2rgba", "-c", "none", path, converted], check=True, capture_output=True)
    image = Image.open(converted)
    image.load()
    os.remove(converted)
    return image


def upright_rgb(path, press, srgb):
    image = opened(path)
    profile = image.info.get("icc_profile")
    if image.mode == "CMYK":
        profiles = [ImageCms.ImageCmsProfile(name) for name in (press, srgb)]
        image = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
    elif profile:
        raise ValueError("profiles are compared elsewhere")
    if image.mode in ("RGBa", "La"):
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    if image.mode in ("RGBA", "LA", "PA"):
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        white.alpha_composite(image.convert("RGBA"))
        image = white
    return image.convert("RGB")


request = json.load(sys.stdin)
for picture, pixels in request["files"]:
    with open(pixels, "wb") as out:
        out.write(upright_rgb(picture, request["press"], request["srgb"]).tobytes())
