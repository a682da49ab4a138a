"""Lines that are none of their log's form, found without reading each: they are counted, so that nothing is lost in
silence."""

from typing import Any, Final

import msgspec

from egnatia.engine.connection import loaded
from egnatia.engine.log.form import Lines, Pattern, Reading


class _Object(msgspec.Struct):
    """Any object of JSON."""


_OBJECTS: Final = msgspec.json.Decoder(_Object)


def misfits(reading: Reading, data: bytes, ends: Any) -> Any:
    """Lines of `data` that may be no line of this form, counted from 0; all that are not are among them. `ends` are the
    places of the ends of lines."""
    numpy = loaded("numpy")
    if isinstance(reading, Lines):
        return _no_objects(numpy, data, ends)
    if isinstance(reading, Pattern):
        arrow, compute = loaded("pyarrow"), loaded("pyarrow.compute")
        bounds = numpy.concatenate((numpy.zeros(1, numpy.int32), ends.astype(numpy.int32) + 1))
        lines = arrow.StringArray.from_buffers(len(ends), arrow.py_buffer(bounds), arrow.py_buffer(data))
        fits = compute.match_substring_regex(lines, reading.expression.pattern)
        return numpy.flatnonzero(~fits.to_numpy(zero_copy_only=False))
    return numpy.zeros(0, int)


def _no_objects(numpy: Any, data: bytes, ends: Any) -> Any:
    blank = numpy.diff(ends, prepend=-1) <= 1
    try:
        if len(_OBJECTS.decode_lines(data)) == len(ends) - int(blank.sum()):
            return numpy.zeros(0, int)
    except (msgspec.DecodeError, RecursionError):
        pass
    return numpy.array([at for at, line in enumerate(data.split(b"\n")[:-1]) if not _is_object(line)], int)


def _is_object(line: bytes) -> bool:
    try:
        _OBJECTS.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
