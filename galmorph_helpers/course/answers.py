"""Two answers beside each other: is one the other, and if it cannot be, what kind of thing is it?"""

import numbers

import numpy as np


def plain(value):
    """A number or an array as floats: of tensors, of the values of quantities, of columns, of lists. Else None.

    >>> plain([1, 2]).shape, plain("two")
    ((2,), None)
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
        return array.astype(float) if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError):  # ragged, or a thing of its own
        return None


def same(answer, expected, tolerance):
    """Is an answer the expected one, within a tolerance (relative, and absolute near zero)? Tuples part by part."""
    if isinstance(expected, tuple):
        parts = isinstance(answer, tuple | list) and len(answer) == len(expected)
        return parts and all(same(*pair, tolerance) for pair in zip(answer, expected, strict=True))
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip() == expected
    answer, expected = plain(answer), plain(expected)
    if answer is None or expected is None or answer.shape != expected.shape:
        return False
    return bool(np.allclose(answer, expected, rtol=tolerance, atol=tolerance, equal_nan=True))


def fault(answer, expected):
    """What is wrong with the kind of an answer, as the end of a sentence; "" if its kind is right."""
    if isinstance(expected, tuple):
        if not isinstance(answer, tuple | list) or len(answer) != len(expected):
            return f"{describe(answer)}, {len(expected)} things are needed: separate them by commas."
        return next(filter(None, (fault(*pair) for pair in zip(answer, expected, strict=True))), "")
    if isinstance(expected, str):
        return "" if isinstance(answer, str) else f"{describe(answer)}, text in quotes is needed."
    need = plain(expected)
    kind = "a number" if need.shape == () else "an array of numbers"
    have = plain(answer)
    if have is None:
        return f"{describe(answer)}, {kind} is needed."
    if getattr(answer, "unit", None) is not None and getattr(expected, "unit", None) is None:
        return f"a quantity in {answer.unit}, plain numbers are needed: take its .value."
    if have.shape != need.shape:
        shape = kind if need.shape == () else f"shape {need.shape}"
        return f"{describe(answer)}, {shape} is needed."
    if not np.isfinite(have[np.isfinite(need)]).all():
        return "NaN or infinite where a finite number is needed."
    return ""


def describe(value):
    """What a thing is, in a few words.

    >>> describe(2.5), describe("one"), describe([[1, 2]]), describe({})
    ('2.5', "the text 'one'", 'an array of shape (1, 2)', 'a dict')
    """
    if value is None or value is ...:
        return "nothing"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    array = plain(value)
    if array is None:
        name = type(value).__name__
        return f"a{'n' * (name[0].lower() in 'aeiou')} {name}"
    if array.shape == ():
        return f"{value:g}" if isinstance(value, numbers.Number) else f"{float(array):g}"
    return f"an array of shape {array.shape}"
