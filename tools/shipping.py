"""How weights are shipped: safetensors, beside a card that says what made them."""

import argparse
import hashlib
import platform
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).parents[1] / "data" / "weights"


def options(doc, *, galaxies, epochs, kilobytes):
    """The command line that all trainings share: `--galaxies` (of `kilobytes` of memory each), `--epochs`, `--out`."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = f"mock galaxies to train on ({kilobytes} kB of memory each; default: %(default)s)"
    parser.add_argument("--galaxies", type=int, default=galaxies, help=what)
    parser.add_argument("--epochs", type=int, default=epochs, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the weights and their card")
    return parser.parse_args()


def body(network):
    """The weights of a `CompactCNN` without those of its head, which answers one task alone."""
    return {key: value for key, value in network.state_dict().items() if not key.startswith("head.")}


def ship(layers, name, card, folder=FOLDER, **facts):
    """Write `layers` (a state dict) and the card, a template of `facts`, {today}, {machine}, {torch}, {digest}."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    save_file({key: value.cpu().contiguous() for key, value in layers.items()}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    text = card.format(today=date.today(), machine=platform.machine(), torch=torch.__version__, digest=digest, **facts)
    file.with_suffix(".md").write_text(text, encoding="utf-8")
    megabytes = file.stat().st_size / 1e6
    print(f"wrote {file} ({megabytes:.2f} MB), SHA-256 {digest}")
