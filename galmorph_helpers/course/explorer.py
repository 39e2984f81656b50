"""Click a point, see its galaxy: a page within the page, which needs no package, no kernel and no network.

Everything is in it from the start, points as SVG and maps as one picture, so that a click is answered by the browser
alone: in JupyterLab, on Colab and on Binder, and at once.
"""

import json
import os
from base64 import b64encode
from html import escape
from io import BytesIO
from string import Template

import matplotlib
import numpy as np
from IPython.display import HTML, display
from matplotlib.colors import to_hex
from matplotlib.image import imsave

WIDTH = 420  # of the plane, pixels

PAGE = Template("""<!doctype html><meta charset="utf-8"><style>
body{font:13px sans-serif;margin:4px;display:flex;gap:16px;flex-wrap:wrap}
circle{cursor:pointer;opacity:.75} circle.on{stroke:black;stroke-width:2.5;opacity:1}
.maps{image-rendering:pixelated;background-image:url($sheet)}
</style>
<svg id="plane" tabindex="0" width="$width" height="$width" role="application"
 aria-label="$label. Click a point, or step through them with the arrow keys.">$points</svg>
<div id="seen" aria-live="polite"></div>
<script>
const names = $names, near = $near, side = $side, rows = $rows, channels = $channels;
const plane = document.getElementById("plane"), seen = document.getElementById("seen");
let at = 0;
function strip(i) {
  const zoom = 2, w = side * rows * zoom, h = side * zoom;
  return `<div>$${names[i]}</div><div class="maps" role="img" aria-label="maps of $${names[i]}" style="width:$${w}px;` +
    `height:$${h}px;background-size:$${w}px auto;background-position:0 -$${i * h}px"></div>`;
}
function pick(i) {
  plane.querySelectorAll("circle.on").forEach(c => c.classList.remove("on"));
  plane.querySelector(`circle[data-i="$${i}"]`).classList.add("on");
  at = i;
  seen.innerHTML = `<div>$${channels.join(" | ")}</div>` + [i, ...near[i]].map(strip).join("");
}
plane.addEventListener("click", e => { if (e.target.dataset.i) pick(+e.target.dataset.i); });
plane.addEventListener("keydown", e => {
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
  if (step) { e.preventDefault(); pick((at + step + names.length) % names.length); }
});
pick(0);
</script>""")


def click_through(plane, maps, *, groups, near, channels, label):
    """Show a plane whose points answer a click (or the arrow keys) with their galaxy and those most like it.

    Where a notebook is executed to be stored (``GALMORPH_QUIET=1``) a line stands in its place; keep a static figure
    beside it.

    Parameters
    ----------
    plane : array (N, 2)
        Places of the points; some 200 are enough, since all maps are carried along.
    maps : array (N, C, H, H)
        As from `prepare_maps`; 0 in all channels is left white.
    groups : sequence of str (N,)
        Gives a point its colour, and is its name.
    near : array of int (N, M)
        Rows of the galaxies that are shown below each.
    channels : sequence of str (C,)
    label : str
        What the plane is, and whether its galaxies are mock or observed.
    """
    html = page(plane, maps, groups=groups, near=near, channels=channels, label=label)
    if os.environ.get("GALMORPH_QUIET") == "1":
        print("(In a live notebook a plane appears here: click a point, and see its galaxy.)")
        return
    frame = f'<div><iframe title="{escape(label)}" width="820" height="{WIDTH + 30}" frameborder="0"'
    display(HTML(f'{frame} srcdoc="{escape(html)}"></iframe></div>'))


def page(plane, maps, *, groups, near, channels, label):
    """The page that `click_through` shows, as one string of HTML: same parameters."""
    plane, maps, near = np.asarray(plane, float), np.asarray(maps, float), np.asarray(near)
    n, c, side = maps.shape[:3]
    if plane.shape != (n, 2) or len(groups) != n or len(near) != n or len(channels) != c:
        raise ValueError(
            f"{n} galaxies of {c} maps need as many points, groups, rows of near, and channels; got {plane.shape}, "
            f"{len(groups)}, {len(near)} and {len(channels)}."
        )
    place = 12 + (plane - plane.min(0)) / np.ptp(plane, axis=0).clip(1e-12) * (WIDTH - 24)
    kinds = list(dict.fromkeys(map(str, groups)))
    fills = [to_hex(colour) for colour in matplotlib.colormaps["Dark2"].colors]
    points = "".join(
        f'<circle data-i="{i}" cx="{x:.1f}" cy="{WIDTH - y:.1f}" r="5" '
        f'fill="{fills[kinds.index(str(group)) % len(fills)]}"><title>{escape(str(group))}</title></circle>'
        for i, ((x, y), group) in enumerate(zip(place, groups, strict=True))
    )
    names = [f"galaxy {i}: {escape(str(group))}" for i, group in enumerate(groups)]
    code = {"names": names, "near": near.tolist(), "channels": [escape(str(name)) for name in channels]}
    return PAGE.substitute(
        {name: json.dumps(value) for name, value in code.items()},
        sheet=f"data:image/png;base64,{b64encode(sheet(maps)).decode()}",
        width=WIDTH, label=escape(label), points=points, side=side, rows=c,
    )  # fmt: skip


def sheet(maps):
    """All maps as one picture (PNG, bytes): a galaxy a row of H pixels, its maps side by side, shades fixed at -3 to 3.

    Parameters
    ----------
    maps : array (N, C, H, H)
    """
    maps = np.where((maps == 0).all(1, keepdims=True), np.nan, maps)
    flat = maps.transpose(0, 2, 1, 3).reshape(len(maps) * maps.shape[2], -1)
    colours = matplotlib.colormaps["PuOr_r"].with_extremes(bad="white")
    file = BytesIO()
    imsave(file, colours(np.ma.masked_invalid((flat + 3) / 6), bytes=True)[..., :3].copy(), format="png")
    return file.getvalue()
