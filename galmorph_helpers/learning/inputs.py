"""What a wrong number would spoil without a word is refused before a training."""

import numpy as np
import torch


def checked(images, target, what, *, missing=False):
    """Tensors fit to train on, or an error that says what is wrong and where.

    Parameters
    ----------
    images : array or torch.Tensor (N, C, H, W)
    target : array (N,) or (N, K)
    what : str
        Such as "training", for messages.
    missing : bool
        Whether targets may be NaN, as long as none of the K columns is NaN throughout.

    Returns
    -------
    torch.Tensor, torch.Tensor
        float32.

    Raises
    ------
    ValueError
    """
    images = torch.as_tensor(images, dtype=torch.float32)
    target = torch.as_tensor(np.asarray(target), dtype=torch.float32)
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(f"{what} images must be (N, C, H, W) with N > 0, got shape {tuple(images.shape)}.")
    if len(images) != len(target):
        raise ValueError(f"{len(images)} {what} images but {len(target)} targets.")
    finite = torch.isfinite(images.flatten(1).sum(1))  # a sum is not finite if a pixel is not; needs no second copy
    if not finite.all():
        raise ValueError(
            f"{int((~finite).sum())} {what} images have pixels that are not finite, "
            f"the first is number {int((~finite).nonzero()[0, 0])}: leave them out."
        )
    if missing and torch.isnan(target.reshape(len(target), -1)).all(0).any():
        raise ValueError(f"a column of the {what} targets is NaN from first to last: no galaxy answers that question.")
    wrong = (torch.isinf(target) if missing else ~torch.isfinite(target)).reshape(len(target), -1).any(1)
    if wrong.any():
        first = int(wrong.nonzero()[0, 0])
        raise ValueError(f"{what} target {first} is not finite: leave galaxies without a label out.")
    return images, target
