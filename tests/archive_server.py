"""A small archive on loopback, which answers as VizieR, SkyServer, the SDSS archive and the cutout services do.

Content comes from the folder that GALMORPH_DATA names where there is one, and is drawn otherwise. Faults can be put in
front of any address: `server.faults.append((part of the address, fault))`, each used once, in order.
"""

import csv
import gzip
import io
import json
import os
import re
import sys
import threading
import time
from collections import Counter
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy.io import fits
from astropy.io.votable import from_table, writeto
from astropy.table import Table
from PIL import Image

GALAXIES = 300


def sky(n=GALAXIES, seed=1):
    """Positions and identifiers of galaxies, on a grid that leaves no two near each other."""
    rng = np.random.default_rng(seed)
    ra = 120 + (np.arange(n) % 50) * 0.5 + rng.uniform(0, 0.1, n)
    dec = (np.arange(n) // 50) * 0.5 + rng.uniform(0, 0.1, n)
    objid = 587722981736906813 + np.arange(n) * 131
    return Table({"ra": ra, "dec": dec, "objid": objid, "r90": rng.uniform(4, 20, n), "mag": rng.uniform(14, 17.5, n)})


def votable(table, name):
    """As VizieR sends it: a VOTable 1.4 with a RESOURCE and a TABLE named as the catalogue."""
    document = from_table(table)
    document.resources[0].name = name.rsplit("/", 1)[0]
    found = next(document.iter_tables())
    found.name, found._ID = name, name.replace("/", "_")
    out = io.BytesIO()
    writeto(document, out)
    return out.getvalue()


def skyserver_csv(rows, names):
    """As SkyServer sends it: a comment line, then CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([names, *rows])
    return ("#Table1\n" + out.getvalue()).encode()


def fits_table(columns, hdus=1):
    tables = [fits.BinTableHDU(Table(columns)) for _ in range(hdus)]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(out)
    return out.getvalue()


class Archive(ThreadingHTTPServer):
    """The server, its log and its faults; `url` is what a mirror's address would be."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *, limit=None, pixels=48):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.sky, self.faults, self.log, self.lock = sky(), [], [], threading.Lock()
        self.columns = {}  # changes to the column names of tables: {"TT": "TType"}
        self.limit, self.times, self.refused = limit, [], 0
        self.pixels, self.pictures = pixels, pictures(pixels)
        self.bodies = {}  # answers for whole addresses
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def session(self, **options):
        """A session that asks this server, quickly."""
        from galmorph_helpers.archive.session import Session

        session = Session(**{"rate": 1000, "mirror": self.url, "pause": 0.02, "timeout": (2, 0.5), **options})
        session.trust_env = False  # no proxy between here and loopback
        return session

    def close(self):
        self.shutdown()
        self.server_close()

    def fetched(self, part=""):
        """How often each address was answered with status 200 or 206, of those that contain `part`."""
        return Counter(path for path, status, _ in self.log if part in path and status in (200, 206))

    def handle_error(self, request, client_address):
        """A client that goes away is what some of the tests are about; anything else is a mistake here."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def pictures(pixels):
    """A few JPEGs of galaxies: observed ones where there are any, drawn ones otherwise."""
    root = Path(os.environ.get("GALMORPH_DATA") or "nowhere") / "gz1_sdss_6446" / "images"
    files = sorted(root.glob("*.jpeg"))[:8]
    images = [Image.open(file).convert("RGB").resize((pixels, pixels)) for file in files]
    y, x = np.mgrid[:pixels, :pixels] - pixels / 2
    for k in range(8 - len(images)):
        light = np.exp(-np.hypot(x, y * (1 + k / 4)) / (pixels / 8))[..., None] * (255, 200, 160)
        noise = np.random.default_rng(k).normal(8, 3, (pixels, pixels, 3))
        images.append(Image.fromarray(np.clip(light + noise, 0, 255).astype(np.uint8)))
    out = []
    for image in images:
        buffer = io.BytesIO()
        image.save(buffer, format="jpeg", quality=90)
        out.append(buffer.getvalue())
    return out


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self):
        archive = self.server
        with archive.lock:
            fault = next((f for f in archive.faults if f[0] in self.path), None)
            if fault:
                archive.faults.remove(fault)
            now = time.monotonic()
            archive.times = [t for t in archive.times if t > now - 1]
            over = archive.limit and len(archive.times) >= archive.limit
            archive.refused += bool(over)
            if not over:
                archive.times.append(now)
        if over:
            return self.send(b"slow down", 429, {"Retry-After": "1"})
        if fault:
            return fault[1](self)
        body, kind = self.answer()
        if body is None:
            return self.send(b"<html><title>Not Found</title></html>", 404)
        return self.send(body, 200, {"Content-Type": kind})

    def send(self, body, status=200, headers=None, *, length=None):
        etag = f'"{hash(body) & 0xFFFFFFFF:x}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if status == 200 and asked and self.headers.get("If-Range") == etag:
            headers = {**(headers or {}), "Content-Range": f"bytes {asked[1]}-{len(body) - 1}/{len(body)}"}
            body, status = body[int(asked[1]) :], 206
        with self.server.lock:
            self.server.log.append((self.path, status, self.headers.get("User-Agent")))
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "ETag": etag, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def answer(self):
        """The body and its type, as the service at this host and path answers."""
        if self.path in self.server.bodies:
            return self.server.bodies[self.path], "application/octet-stream"
        parts = urlsplit(self.path)
        asked = {key: value[0] for key, value in parse_qs(parts.query).items()}
        host, _, path = parts.path.lstrip("/").partition("/")
        if host == "vizier.cds.unistra.fr":
            asked = dict(line.split("=", 1) for line in self.body.decode().splitlines() if "=" in line)
            return self.vizier(asked), "text/xml"
        if host == "skyserver.sdss.org" and "ImgCutout" in path:
            return self.jpeg(asked["ra"]), "image/jpeg"
        if host == "skyserver.sdss.org":
            return self.skyserver(path, asked), "text/plain"
        if host == "alasky.cds.unistra.fr":
            return self.jpeg(asked["ra"]), "image/jpeg"
        if host == "www.legacysurvey.org":
            side = min(int(asked["size"]), 3000)
            flux = np.random.default_rng(side).normal(size=(len(asked["bands"]), side, side)).astype(np.float32)
            out = io.BytesIO()
            said = {"SURVEY": "LegacySurvey", "IMAGETYP": "image", "BANDS": "grz"}  # as the service does: no BUNIT
            fits.PrimaryHDU(flux, fits.Header(said)).writeto(out)
            return out.getvalue(), "image/fits"
        if host == "data.sdss.org":
            return self.manga(path), "application/fits"
        return None, None

    def jpeg(self, ra):
        pictures = self.server.pictures
        return pictures[int(float(ra) * 1e4) % len(pictures)]

    def vizier(self, asked):
        sky = self.server.sky
        most, source = asked.get("-out.max", "50"), asked["-source"]
        if "J/ApJS/186/427" in source:
            types = np.array([-5, -3, -2, 0, 1, 3, 5, 9, 99])[np.arange(len(sky)) % 9]
            table = Table({"_RA": sky["ra"], "_DE": sky["dec"], "SDSS": [f"J{k:09d}" for k in range(len(sky))]})
            table["TT"], table["Bar"], table["Pair"] = types.astype(np.int16), np.arange(len(sky)) % 3 * 2, 0
        elif "J/MNRAS/476/3661" in source:
            table = Table({"dr7objid": sky["objid"], "TType": np.linspace(-3, 8, len(sky))})
            table["P_S0"], table["P_disk"], table["P_edge_on"] = 0.3, 0.5, 0.1
        else:
            table = Table({"x": [1.0]})[:0]
        for old, new in self.server.columns.items():
            if old in table.colnames:
                table.rename_column(old, new)
        return votable(table if most == "unlimited" else table[: int(most)], source)

    def skyserver(self, path, asked):
        sky = self.server.sky
        if "fDocColumns" in asked.get("cmd", ""):
            names = ["objID", "ra", "dec", "petroR90_r", "petroMag_r", "type"]
            return json.dumps([{"Rows": [{"name": name, "type": "real"} for name in names]}]).encode()
        if "X_Results" in path:
            return self.crossid()
        query = asked["cmd"]
        if "dr7objid IN" in query:
            wanted = {int(k) for k in re.findall(r"\d{15,}", query)}
            rows = [(r["objid"], r["ra"], r["dec"], r["r90"], r["mag"]) for r in sky if int(r["objid"]) in wanted]
            return skyserver_csv(rows, ["objid", "ra", "dec", "petroR90_r", "petroMag_r"])
        most = int(re.search(r"TOP (\d+)", query)[1])
        names = re.findall(r"(?:AS |[a-z]\.)(\w+)(?=,|\s+FROM)", re.sub(r"[\w.]+(?: - [\w.]+)? AS ", "AS ", query))
        known = {"objid": "objid", "ra": "ra", "dec": "dec", "petroR90_r": "r90", "petroMag_r": "mag"}
        rows = [[r[known[name]] if name in known else 0.25 for name in names] for r in sky[:most]]
        if "lgm_tot_p50" in names and "LEFT JOIN" in query:
            for row in rows[2::5]:  # no mass is known of these: SkyServer writes "null"
                row[names.index("lgm_tot_p50")] = "null"
        return skyserver_csv(rows, names)

    def crossid(self):
        sky = self.server.sky
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + self.body)
        upload = next(p for p in message.get_payload() if p.get_param("name", header="content-disposition") == "upload")
        rows = []
        for line in upload.get_payload().splitlines()[1:]:
            if line.strip():
                name, ra, dec = line.split()
                away = np.hypot(sky["ra"] - float(ra), sky["dec"] - float(dec))
                k = int(np.argmin(away))
                if away[k] < 3 / 3600:
                    rows.append([name, *(sky[c][k] for c in ("objid", "ra", "dec", "r90", "mag")), "GALAXY"])
        return skyserver_csv(rows, ["name", "objID", "ra", "dec", "petroR90_r", "petroMag_r", "type"])

    def manga(self, path):
        plateifu = ["7443-1901 ", "7443-3701 ", "7443-12701", "8485-1902 "]
        if "manga-morphology-dl" in path:
            columns = {"PLATEIFU": plateifu, "MANGA_ID": ["1-1", "1-2", "1-3", "1-4"], "T-Type": [-2.5, 4.0, 2.0, 1.0]}
            columns |= {name: [0.1, 0.9, 0.7, 0.6] for name in ("P_LTG", "P_S0", "P_edge", "P_bar")}
            columns |= {"Visual_Class": [1, 3, 3, 3], "Visual_Flag": [0, 0, 0, 0]}
            return fits_table({self.server.columns.get(name, name): value for name, value in columns.items()})
        if "manga-pymorph" in path:
            columns = {"PLATEIFU": plateifu, "MANGA_ID": ["1-1", "1-2", "1-3", "1-4"], "RA": [1.0, 2.0, 3.0, 4.0]}
            columns |= {"DEC": [1.0, 2.0, 3.0, 4.0], "FLAG_FIT": [1, 2, 0, 3]}
            names = ("M_S", "A_HL_S", "N_S", "BA_S", "BT_SE")
            return fits_table(columns | {name: [1.0, 2.0, 3.0, -999.0] for name in names}, hdus=3)
        out = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((3, 8, 8), np.float32), name="FLUX")]).writeto(out)
        return gzip.compress(out.getvalue(), mtime=0)
