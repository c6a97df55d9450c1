"""The same job done the obvious way, with the usual libraries: the style is made at the photo's own size, then enlarged.

    /usr/bin/python3 bench/reference.py --styles                               names the styles that these packages allow
    /usr/bin/python3 bench/reference.py STYLE PHOTO WIDTH HEIGHT OUT.tiff      pixels; also writes OUT.tiff.jpg

Prints one JSON line. Debian: python3-opencv python3-sklearn python3-pil.
"""

import json
import resource
import sys
import time

import cv2
import numpy as np
from PIL import Image
from sklearn.cluster import KMeans

PREVIEW_LONG_SIDE_PX = 1200


def pop_poster(rgb):
    """Eight colors by k-means, edges by Canny in black."""
    pixels = rgb.reshape(-1, 3).astype(np.float32)
    chosen = np.random.default_rng(1).choice(len(pixels), size=min(10_000, len(pixels)), replace=False)
    clusters = KMeans(n_clusters=8, n_init=3, random_state=1).fit(pixels[chosen])
    poster = clusters.cluster_centers_.round().astype(np.uint8)[clusters.predict(pixels)].reshape(rgb.shape)
    edges = cv2.dilate(cv2.Canny(gray_of(rgb), 100, 200), np.ones((2, 2), np.uint8))
    poster[edges > 0] = (0, 0, 0)
    return poster


def pencil_sketch(rgb):
    """Color dodge of the gray picture with its blurred negative."""
    gray = gray_of(rgb)
    negative = cv2.GaussianBlur(cv2.bitwise_not(gray), (21, 21), 0)
    return rgb_of(cv2.divide(gray, cv2.bitwise_not(negative), scale=256))


def between_the_lines(rgb):
    """Adaptive threshold, drawn out along a diagonal."""
    quiet = cv2.medianBlur(gray_of(rgb), 5)
    lines = cv2.adaptiveThreshold(quiet, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 9, 5)
    return rgb_of(cv2.filter2D(lines, -1, np.identity(15, np.float32) / 15))


def watercolor(rgb):
    return cv2.stylization(rgb)


def oil_painting(rgb):
    return cv2.xphoto.oilPainting(rgb, 7, 1)


def gray_of(rgb):
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def rgb_of(gray):
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)


def styles():
    known = {
        "pop-poster": pop_poster,
        "pencil-sketch": pencil_sketch,
        "between-the-lines": between_the_lines,
        "watercolor": watercolor,
    }
    if hasattr(cv2, "xphoto"):
        known["oil-painting"] = oil_painting
    return known


def cover(image, width, height):
    """The middle of the image, enlarged to fill the sheet."""
    scale = max(width / image.width, height / image.height)
    left = (image.width - width / scale) / 2
    top = (image.height - height / scale) / 2
    box = (left, top, image.width - left, image.height - top)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)


def main(style, photo, width, height, out):
    Image.MAX_IMAGE_PIXELS = None
    started = time.monotonic()
    art = styles()[style](np.asarray(Image.open(photo).convert("RGB")))
    sheet = cover(Image.fromarray(art), int(width), int(height))
    sheet.save(out, compression="tiff_lzw", dpi=(300, 300))
    sheet.thumbnail((PREVIEW_LONG_SIDE_PX, PREVIEW_LONG_SIDE_PX))
    sheet.save(f"{out}.jpg", quality=85)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMiB": peak}))


if sys.argv[1] == "--styles":
    print(json.dumps(list(styles())))
else:
    main(*sys.argv[1:])
