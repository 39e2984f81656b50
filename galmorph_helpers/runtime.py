"""Where the course runs: device, seeds, sample sizes, progress, memory.

torch and numpy are imported by the functions that need them: a command that computes nothing starts without them.
"""

import atexit
import ctypes
import getpass
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path

#: The bundle of observed galaxies of the course's latest release (in the registry: the set observed_small).
RELEASED = "https://github.com/galmorph/galaxy-morphology-course/releases/latest/download/observed_small.tar"
#: While a slider moves (`course.explore`), the frames of figures, which stay (`plots.style`); else None.
FRAMES = ContextVar("frames", default=None)


def device():
    """The device everything runs on: CUDA where there is one, else the CPU.

    `GALMORPH_DEVICE` overrides it, for example ``GALMORPH_DEVICE=cpu``.
    """
    import torch

    name = os.environ.get("GALMORPH_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def seed_everything(seed=0):
    """Seed Python, numpy and torch, so that the same notebook gives the same numbers twice."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def pick(*, cpu, gpu):
    """A size that suits the machine: `cpu` on a laptop or Binder, `gpu` where there is a GPU."""
    return cpu if device().type == "cpu" else gpu


def progress(iterable, what, *, total=None):
    """`iterable` with a progress bar, only where a person is watching, and has to wait.

    A bar shows in a terminal and in a live notebook, from the second second on, and goes when it ends: what is saved
    then has none. A notebook that is executed to be stored (``GALMORPH_QUIET=1``) and a log file stay clean.

    Parameters
    ----------
    iterable : iterable
    what : str
        In words, beside the bar.
    total : int, optional
        Of an iterable that does not know its length.

    Returns
    -------
    tqdm.tqdm
    """
    from tqdm.std import tqdm  # not its widget, of which "Error displaying widget" remains in a saved notebook

    notebook = "ipykernel" in sys.modules
    quiet = os.environ.get("GALMORPH_QUIET") == "1" or not (sys.stderr.isatty() or notebook)
    where = {"file": _CellLine(), "position": 0, "ncols": 90} if notebook and not quiet else {}
    how = dict(desc=what, total=total, leave=False, delay=1, mininterval=0.5)
    return tqdm(iterable, disable=quiet, **how, **where)


class _CellLine:
    """What a bar writes to in a notebook: one line of output, written anew each time, empty at the end."""

    encoding = "utf-8"

    def __init__(self):
        self.shown = None

    def write(self, text):
        from IPython.display import display

        line = {"text/plain": text.strip()}
        if self.shown:
            self.shown.update(line, raw=True)
        elif text.strip():
            self.shown = display(line, raw=True, display_id=True)

    def flush(self):
        """Nothing is kept back."""


def side_by_side(work, items, what):
    """Call `work` on every item with a progress bar: on a CPU one item a core at a time, on a GPU in turn.

    One thread an operation means the same rounding on any number of cores. Cores stay busy while operations are large;
    where they are small, the interpreter, which batches share, is the limit: see benchmarks/rendering.md.

    Parameters
    ----------
    work : callable
        Of one item; what it returns is dropped.
    items : sequence
    what : str
        Beside the progress bar.
    """
    if device().type != "cpu":
        for item in progress(items, what):
            work(item)
        return
    import torch

    threads = torch.get_num_threads()
    keep_memory()
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for _ in progress(pool.map(work, items), what, total=len(items)):
                pass
    finally:
        torch.set_num_threads(threads)  # the setting of a thread is also the default of later ones
        release_memory()


def keep_memory():
    """Let the C library of GNU hand freed memory out again: fresh pages cost more than many operations.

    The thresholds are the largest that it comes to by itself, sooner or later (mallopt(3)): 32 and 64 MB.
    """
    with suppress(OSError, AttributeError):  # other systems have no such setting
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        library.mallopt(-1, 64 << 20)  # M_TRIM_THRESHOLD


def release_memory():
    """Give memory that is no longer used back to the system; on Linux, threads keep theirs otherwise."""
    with suppress(OSError, AttributeError):  # only the C library of GNU has it
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def peak_memory_mb():
    """Largest resident memory of this process so far, MB (and of the GPU, if that is larger); 0 where nothing tells."""
    return max(_peak_resident_mb(), peak_gpu_mb())


def _peak_resident_mb():
    try:
        import resource
    except ImportError:  # Windows has no such module, and psutil knows there
        with suppress(ImportError, AttributeError):
            import psutil

            return psutil.Process().memory_info().peak_wset / (1 << 20)
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)  # macOS counts bytes, Linux kB


def peak_gpu_mb():
    """Largest memory that torch has held on the GPU so far, MB; 0 without one."""
    torch = sys.modules.get("torch")  # who has not loaded it holds nothing there
    return torch.cuda.max_memory_allocated() / (1 << 20) if torch and torch.cuda.is_available() else 0.0


def start(seed=None):
    """Seed everything, print the line that opens each lesson (device, seed, observed data), and return the seed.

    Parameters
    ----------
    seed : int, optional
        `GALMORPH_SEED`, or 0: a lesson can be repeated with other random numbers without an edit.
    """
    import torch

    seed = int(os.environ.get("GALMORPH_SEED", "0")) if seed is None else seed
    if "google.colab" in sys.modules:  # nobody has a folder there; fetched when a lesson asks for it, if it answers
        os.environ.setdefault("GALMORPH_DATA", RELEASED)
    seed_everything(seed)
    where = f"CPU, {torch.get_num_threads()} threads" if device().type == "cpu" else torch.cuda.get_device_name()
    observed = "GALMORPH_DATA" if observed_place() else "none (the lesson says how to get some, and goes on)"
    print(
        f"device: {where} | seed: {seed} | galaxies: mock sky, Hubble eXtreme Deep Field | "
        f"labelled observed sets: {observed}"
    )
    if "ipykernel" in sys.modules and os.environ.get("GALMORPH_QUIET") != "1" and (others := other_lessons()):
        print(
            f"Open besides this lesson: {others} other{'s' * (others > 1)}, which may hold 1 GB each. Where memory is "
            "short (Binder: 2 GB in all), shut them down: Kernel > Shut Down All Kernels, then run this cell again."
        )
    return seed


def other_lessons():
    """How many other processes of this user have called this function and still run: open lessons."""
    folder = Path(tempfile.gettempdir(), f"galmorph-lessons-{getpass.getuser()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    own = folder / str(os.getpid())
    if not own.exists():
        own.touch()
        atexit.register(own.unlink, missing_ok=True)
    found = [path for path in folder.iterdir() if path.name.isdigit() and path != own]
    for path in [path for path in found if not _runs(int(path.name))]:
        path.unlink(missing_ok=True)
    return sum(path.exists() for path in found)


def _runs(process_id):
    with suppress(ImportError):
        import psutil

        return psutil.pid_exists(process_id)
    if sys.platform == "win32":  # where signal 0 does not ask, but interrupts
        return False
    with suppress(ProcessLookupError, PermissionError):  # gone, or somebody else's: not a lesson of ours
        os.kill(process_id, 0)  # asks, and ends nothing
        return True
    return False


def observed_place():
    """What ``GALMORPH_DATA`` names: a folder of observed sets, a bundle of them, or the address of one.

    Returns
    -------
    str or None
        An absolute path, or an address as it is; None when the variable is not set. `datasets.observed_root` opens it.

    Raises
    ------
    FileNotFoundError
        If there is neither a folder nor a file of that name.
    """
    value = os.environ.get("GALMORPH_DATA")
    if not value or value.startswith(("https://", "http://")):
        return value or None
    if not os.path.exists(value):
        raise FileNotFoundError(
            f"GALMORPH_DATA is {value!r}, which is not a folder or a file. Point it at the folder that holds the "
            "observed sets (each <set>/labels.csv and <set>/images/), at a bundle of them, or at the https address of "
            "one; or unset it to run on the mock sky alone."
        )
    return os.path.abspath(value)
