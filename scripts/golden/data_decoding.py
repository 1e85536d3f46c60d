"""Small picture files of every kind and what Pillow reads in them, for packages/data/test/decode-golden.test.ts.

Run: python scripts/golden/data_decoding.py [--check]
Each file is kept with the SHA-256 of its RGB bytes: `pillow` as Image.open(...).convert('RGB') gives them, `upright` turned by
ImageOps.exif_transpose, transparent pixels laid over white and deep grey cut to its high byte. A file that Pillow refuses has
neither. `--check` reads the committed files again, so that another encoder changes nothing.
"""

import base64
import hashlib
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FOLDER = Path(__file__).parents[2] / "packages/data/test/fixtures"
HEIGHT, WIDTH = 11, 14


def values(height=HEIGHT, width=WIDTH):
    y, x = np.mgrid[:height, :width]
    return np.stack([(40 + x * 13) % 256, (90 + y * 17) % 256, (200 + 5 * x + 3 * y) % 256], axis=-1).astype("uint8")


RGB = values()
ALPHA = np.linspace(0, 255, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype("uint8")
DEEP = np.arange(HEIGHT * WIDTH, dtype="uint16").reshape(HEIGHT, WIDTH) * 397
PICTURE = Image.fromarray(RGB)
GREY = Image.fromarray(RGB[..., 0])
RGBA = Image.fromarray(np.dstack([RGB, ALPHA]))
PALETTE = PICTURE.convert("P", palette=Image.ADAPTIVE, colors=12)
BITS = PICTURE.convert("1")


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(orientation, kind, **options):
    exif = PICTURE.getexif()
    exif[0x112] = orientation
    return saved(PICTURE, kind, exif=exif, **options)


def jpegs():
    for name, sampling in {"444": 0, "422": 1, "420": 2}.items():
        yield f"{name}.jpg", saved(PICTURE, "JPEG", quality=95, subsampling=sampling)
    for width in (1, 2, 3, 15, 16, 17):
        # Odd sizes: where upsampled colour meets the border.
        yield f"420 {width}.jpg", saved(Image.fromarray(values(5, width)), "JPEG", quality=95, subsampling=2)
    yield "422 17.jpg", saved(Image.fromarray(values(17, 17)), "JPEG", quality=60, subsampling=1)
    yield "coarse.jpg", saved(PICTURE, "JPEG", quality=10)
    yield "restarts.jpg", saved(Image.fromarray(values(20, 40)), "JPEG", quality=90, restart_marker_blocks=2)
    yield "optimized.jpg", saved(PICTURE, "JPEG", quality=95, optimize=True)
    yield "progressive.jpg", saved(PICTURE, "JPEG", quality=95, progressive=True)
    yield "grey.jpg", saved(GREY, "JPEG", quality=95)
    yield "rgb.jpg", saved(PICTURE, "JPEG", quality=95, keep_rgb=True)
    cmyk = saved(PICTURE.convert("CMYK"), "JPEG", quality=95)
    yield "cmyk.jpg", cmyk
    # The same without the marker that says how its values are meant.
    start = cmyk.index(b"\xff\xee")
    yield "cmyk unmarked.jpg", cmyk[:start] + cmyk[start + 2 + int.from_bytes(cmyk[start + 2 : start + 4], "big") :]
    for orientation in range(1, 9):
        yield f"exif {orientation}.jpg", turned(orientation, "JPEG", quality=75)
    plain = saved(PICTURE, "JPEG", quality=75)
    yield "trailing bytes.jpg", plain + b"garbage"
    yield "two pictures.jpg", plain + plain
    yield "leading byte.jpg", b"\n" + plain
    yield "cut.jpg", plain[: len(plain) * 4 // 5]
    yield "no end.jpg", plain[:-2]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(array, color_type):
    height, width, _ = array.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    header = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pngs():
    for name, image in {"rgb": PICTURE, "rgba": RGBA, "grey": GREY, "palette": PALETTE, "bits": BITS}.items():
        yield f"{name}.png", saved(image, "PNG")
    yield "grey alpha.png", saved(Image.fromarray(np.dstack([RGB[..., 0], ALPHA]), "LA"), "PNG")
    yield "palette transparent.png", saved(PALETTE, "PNG", transparency=3)
    yield "grey transparent.png", saved(GREY, "PNG", transparency=int(RGB[0, 0, 0]))
    yield "rgb transparent.png", saved(PICTURE, "PNG", transparency=tuple(int(value) for value in RGB[0, 0]))
    yield "deep grey.png", deep_png(DEEP[..., None], 0)
    yield "deep grey alpha.png", deep_png(np.dstack([DEEP, ALPHA.astype("uint16") * 257]), 4)
    yield "deep rgb.png", deep_png(np.dstack([DEEP, DEEP * 3, DEEP * 7]), 2)
    yield "deep rgba.png", deep_png(np.dstack([DEEP, DEEP * 3, DEEP * 7, ALPHA.astype("uint16") * 257]), 6)
    for orientation in (3, 6):
        yield f"exif {orientation}.png", turned(orientation, "PNG")


def webps():
    yield "lossy.webp", saved(PICTURE, "WEBP", quality=80)
    yield "lossless.webp", saved(PICTURE, "WEBP", lossless=True)
    yield "lossless alpha.webp", saved(RGBA, "WEBP", lossless=True, exact=True)
    yield "exif 6.webp", turned(6, "WEBP", lossless=True)
    yield "animated.webp", saved(
        PICTURE, "WEBP", lossless=True, save_all=True, append_images=[PICTURE.transpose(Image.Transpose.ROTATE_180)]
    )


def gifs():
    yield "palette.gif", saved(PALETTE, "GIF")
    yield "grey.gif", saved(GREY, "GIF")
    yield "animated.gif", saved(PALETTE, "GIF", save_all=True, append_images=[PALETTE.transpose(Image.Transpose.ROTATE_180)])


def bmp(bits, rows, header_size=40, compression=0, palette=b"", masks=b"", height=HEIGHT):
    offset = 14 + header_size + len(masks) + len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", header_size, WIDTH, height, 1, bits, compression, len(rows), 0, 0, len(palette) // 4, 0
    )
    return struct.pack("<2sIHHI", b"BM", offset + len(rows), 0, 0, offset) + header + masks + palette + rows


def bmps():
    for name, image in {"rgb": PICTURE, "rgba": RGBA, "grey": GREY, "palette": PALETTE, "bits": BITS}.items():
        yield f"{name}.bmp", saved(image, "BMP")
    pixels = np.arange(HEIGHT * WIDTH, dtype="uint16").reshape(HEIGHT, WIDTH)
    yield "555.bmp", bmp(16, (pixels * 211 & 0x7FFF).astype("<u2").tobytes())
    yield "565.bmp", bmp(16, (pixels * 421).astype("<u2").tobytes(), 40, 3, b"", struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    yield "top down.bmp", bmp(32, (pixels.astype("uint32") * 0x12345).astype("<u4").tobytes(), height=-HEIGHT)
    colors = b"".join(bytes([i * 15, 255 - i * 9, i * 5, 0]) for i in range(16))
    packed = (pixels[:, :8] * 37 % 256).astype("uint8")
    yield "4 bits.bmp", bmp(4, packed.tobytes(), palette=colors)
    runs = b"".join(bytes([5, row % 16, 0, 4, 1, 2, 3, 4, 3, 9, 0, 0]) for row in range(HEIGHT)) + b"\0\1"
    yield "rle8.bmp", bmp(8, runs, compression=1, palette=colors)
    runs = b"".join(bytes([7, 0x2A, 0, 4, 0x12, 0x34, 3, 0x90, 0, 0]) for row in range(HEIGHT)) + b"\0\1"
    yield "rle4.bmp", bmp(4, runs, compression=2, palette=colors)


def tiffs():
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"{compression}.tif", saved(PICTURE, "TIFF", compression=compression)
    kinds = {"rgba": RGBA, "grey": GREY, "palette": PALETTE, "bits": BITS, "cmyk": PICTURE.convert("CMYK")}
    for name, image in kinds.items():
        yield f"{name}.tif", saved(image, "TIFF")
    yield "fax.tif", saved(BITS, "TIFF", compression="group4")
    yield "deep grey.tif", saved(Image.fromarray(DEEP), "TIFF")
    for orientation in (3, 6):
        yield f"orientation {orientation}.tif", saved(PICTURE, "TIFF", tiffinfo={274: orientation})


def pnms():
    yield "rgb.ppm", saved(PICTURE, "PPM")
    yield "grey.pgm", saved(GREY, "PPM")
    yield "bits.pbm", saved(BITS, "PPM")
    yield "deep grey.pgm", saved(Image.fromarray(DEEP), "PPM")
    yield "text.ppm", b"P3\n# a comment\n3 2\n255\n" + b" ".join(b"%d" % (i * 13) for i in range(18)) + b"\n"
    yield "text.pgm", b"P2 3 2 15 " + b" ".join(b"%d" % (i * 2) for i in range(6))
    yield "text.pbm", b"P1\n3 2\n010\n1 0 1\n"
    yield "deep.ppm", b"P6 3 2 65535 " + (np.arange(18) * 3000).astype(">u2").tobytes()
    yield "of 100.ppm", b"P6 3 2 100\n" + bytes(range(0, 90, 5))
    yield "of 1000.pgm", b"P5 3 2 1000\n" + (np.arange(6) * 199).astype(">u2").tobytes()


def sha(array):
    return hashlib.sha256(array.tobytes()).hexdigest()[:32]


def deep_values(image):
    """The values of 16-bit grey, whatever mode Pillow gives it."""
    return np.asarray(image).astype("int64")


def upright(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I"):
        return np.repeat((deep_values(image) >> 8).astype("uint8")[..., None], 3, axis=-1)
    if "transparency" not in image.info and image.mode not in ("RGBA", "LA", "PA"):
        return np.asarray(image.convert("RGB"))
    rgba = np.asarray(image.convert("RGBA")).astype("float64")
    alpha = rgba[..., 3:]
    return np.floor((alpha * rgba[..., :3] + (255 - alpha) * 255) / 255 + 0.5).astype("uint8")


def read(data):
    try:
        pillow = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except (OSError, ValueError) as error:
        return {"refused": type(error).__name__}
    turned_up = upright(data)
    return {
        "pillow": [*pillow.shape[:2], sha(pillow)],
        "upright": [*turned_up.shape[:2], sha(turned_up)],
    }


GROUPS = {"jpeg": [jpegs], "png": [pngs], "other": [webps, gifs, bmps, tiffs, pnms]}


def main():
    for group, parts in GROUPS.items():
        fixture = FOLDER / f"decode-{group}.json"
        if "--check" in sys.argv:
            cases = json.loads(fixture.read_text())
            changed = [name for name, case in cases.items() if case | read(base64.b64decode(case["file"])) != case]
            if changed:
                sys.exit(f"{fixture} is not what Pillow reads today: {', '.join(changed)}")
            print(f"{fixture.name}: {len(cases)} files read as committed")
            continue
        files = {name: data for part in parts for name, data in part()}
        cases = {name: {"file": base64.b64encode(data).decode(), **read(data)} for name, data in files.items()}
        text = json.dumps(cases, indent=0) + "\n"
        fixture.write_text(text)
        print(f"{fixture.name}: {len(cases)} files, {len(text)} bytes")


if __name__ == "__main__":
    main()
