"""What a line of a log says was seen, as objects of STIX, ready to be compared.

A domain name stands for those that it is under too, so that an indicator of `evil.example` finds `a.evil.example`, on
label boundaries and never inside a label. Values are in the form in which indicators are; where that differs from what
the log says, the object is there in both forms.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from egnatia.engine.log.use import Use
from egnatia.record.digest import algorithm
from egnatia.record.values import address, domain, normalised

Objects = dict[str, dict[str, Any]]

_NUMERIC: Final = re.compile(r"[0-9.]+(?::\d+)?|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*(?:%\w+)?\]?(?::\d+)?")
_HOST_OF: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)")
_NAME_OF: Final = re.compile(r"[^\\/]*\Z")
_NOTHING: Final = frozenset({"", "-", "(empty)", "null", "none"})


def observe(values: Iterable[tuple[Use, Any]]) -> Objects:
    """The objects that these values of one line make up, by names of their own."""
    objects: Objects = {}
    for use, value in values:
        if value is None:
            continue
        make = _MAKERS[use.kind]
        for text in _split(use, value):
            if text.lower() not in _NOTHING:
                make(objects, use, text)
    return objects


def _split(use: Use, value: Any) -> Iterable[str]:
    text = value if isinstance(value, str) else str(value)
    if use.many and use.many in text:
        return (each.strip() for each in text.split(use.many))
    return (text.strip(),)


def host_of(url: str) -> str:
    """The host of a URL, `host:port` or bare host; empty where there is none."""
    found = _HOST_OF.match(url)
    if found:
        return found[1].strip("[]")
    return url.partition("/")[0].rpartition(":")[0] if re.search(r":\d+(?:/|\Z)", url) else ""


def _put(objects: Objects, to: str, value: Any) -> None:
    """Sets a property of an object that several fields make up together."""
    if not to:
        return
    name, *steps = to.split(".")
    here = objects.get(name)
    if here is None:
        here = objects[name] = {"type": name.partition("#")[0]}
    for step in steps[:-1]:
        here = here.setdefault(step, {})
    here.setdefault(steps[-1], value)


def _host(objects: Objects, use: Use, text: str) -> None:
    bare = text.removeprefix("::ffff:")
    if _NUMERIC.fullmatch(bare):
        _address(objects, use, bare)
        return
    name = domain(bare.partition(":")[0])
    if len(name) > LONGEST_NAME:
        return
    if "." in name or use.to or len(name) > 2:
        _domain(objects, name)
        _put(objects, use.to, f"domain {name}")


LONGEST_NAME: Final = 255
"""Letters of a domain name at most (RFC 1035 section 2.3.4); with more it is none."""


def _domain(objects: Objects, name: str) -> None:
    if len(name) > LONGEST_NAME:
        return
    while name and f"domain {name}" not in objects:
        objects[f"domain {name}"] = {"type": "domain-name", "value": name}
        name = name.partition(".")[2]


def _address(objects: Objects, use: Use, text: str) -> None:
    bare = text.removeprefix("::ffff:")
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    written = address(bare.partition("%")[0])
    name = f"address {written}"
    if name not in objects:
        objects[name] = {"type": "ipv6-addr" if ":" in written else "ipv4-addr", "value": written}
    _put(objects, use.to, name)


def _url(objects: Objects, use: Use, text: str) -> None:
    for form in dict.fromkeys((normalised("url:value", text), text)):
        if "://" in form:
            objects[f"url {form}"] = {"type": "url", "value": form}
    host = host_of(text)
    if host:
        _host(objects, Use("host", use.to), host)


def _mail(objects: Objects, use: Use, text: str) -> None:
    text = text[-LONG:]
    found = re.search(r"<([^<>\s]+@[^<>\s]+)>", text)
    bare = found[1] if found else text
    if "@" not in bare:
        return
    written = normalised("email-addr:value", bare)
    objects[f"mail {written}"] = {"type": "email-addr", "value": written}
    _host(objects, Use("host"), written.rpartition("@")[2])


def _digest(objects: Objects, use: Use, text: str) -> None:
    _put(objects, use.to, text.lower())


def _digests(objects: Objects, use: Use, text: str) -> None:
    for each in text.split(","):
        name, _, value = each.strip().partition("=")
        if value:
            _put(objects, f"{use.to}.{algorithm(name)}", value.lower())


def _name(objects: Objects, use: Use, text: str) -> None:
    slot = use.to or "file.name"
    _put(objects, slot, text.lower())
    if text != text.lower():
        objects[f"name {text}"] = {"type": "file", "name": text}


def _path(objects: Objects, use: Use, text: str) -> None:
    found = _NAME_OF.search(text)
    if found and found[0]:
        _name(objects, use, found[0])


def _text(objects: Objects, use: Use, text: str) -> None:
    slot, _, rest = use.to.partition(".")
    if not slot:
        return
    kind = slot.partition("#")[0]
    written = normalised(f"{kind}:{rest}", text)
    _put(objects, use.to, written)
    if written != text:
        _put(objects, f"{kind}#{slot} as written.{rest}", text)


def _number(objects: Objects, use: Use, text: str) -> None:
    try:
        _put(objects, use.to, int(text))
    except ValueError:
        return


def _words(objects: Objects, use: Use, text: str) -> None:
    name, _, key = use.to.partition(".")
    words = objects.setdefault(name, {"type": name.partition("#")[0]}).setdefault(key, [])
    words += [each for each in text.lower().split(",", WORDS)[:WORDS] if each not in words]


def _any(objects: Objects, use: Use, text: str) -> None:
    """A value of which nobody has said what it is: what it looks like."""
    if len(text) > LONG or " " in text:
        return
    if "://" in text:
        _url(objects, Use("url"), text)
    elif "@" in text:
        _mail(objects, Use("mail"), text)
    elif _NUMERIC.fullmatch(text):
        if "." in text or ":" in text:
            _address(objects, Use("address"), text)
    elif len(text) in _DIGESTS and _HEX.fullmatch(text):
        objects[f"digest {text}"] = {"type": "file", "hashes": {_DIGESTS[len(text)]: text.lower()}}
    elif "." in text and not text.startswith("."):
        _host(objects, Use("host"), text)
        _path(objects, Use("path", f"file#{text.replace('.', ' ')}.name"), text)


LONG: Final = 2_048
"""Letters of a value that is looked at for what it may be."""

WORDS: Final = 64
"""Words of one field that are looked at."""

_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_DIGESTS: Final = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}

_MAKERS: Final[dict[str, Callable[[Objects, Use, str], None]]] = {
    "host": _host,
    "address": _address,
    "url": _url,
    "mail": _mail,
    "digest": _digest,
    "digests": _digests,
    "name": _name,
    "path": _path,
    "text": _text,
    "number": _number,
    "words": _words,
    "any": _any,
}
