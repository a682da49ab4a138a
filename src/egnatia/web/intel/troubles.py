"""What is wrong with a source, and what whoever keeps it can do."""

from collections.abc import Mapping
from typing import Final

from egnatia.exchange.trouble import Trouble
from egnatia.web.language.speech import N_

ADVICE: Final[Mapping[Trouble, str]] = {
    Trouble.KEY: N_(
        "It wants a key or a password, or does not know the one that it was given: check the source's secret."
    ),
    Trouble.FORBIDDEN: N_("The key may not read this: ask whoever runs it."),
    Trouble.MISSING: N_("Nothing is at this address any more: look whether it has moved, and change it."),
    Trouble.BUSY: N_(
        "It is asked too often. The node waits as long as it wants; if this comes again, read it more rarely."
    ),
    Trouble.FAULT: N_("The server has a fault. The node tries again by itself; if it lasts, tell whoever runs it."),
    Trouble.SLOW: N_("It answers too slowly. The node tries again by itself; if it lasts, tell whoever runs it."),
    Trouble.UNKNOWN_NAME: N_("Nobody knows this name: check the address, and the name servers of the node."),
    Trouble.UNREACHED: N_(
        "Nobody answers there. The node tries again by itself; check the address and the way out of your network."
    ),
    Trouble.CERTIFICATE: N_(
        "Its certificate is not valid, so it may be somebody else: tell whoever runs it. The node does not "
        "read without."
    ),
    Trouble.REDIRECTS: N_(
        "It sends the node on and on: open the address in a browser, and keep the one where it ends."
    ),
    Trouble.BARRED: N_(
        "It leads to where the node does not call: inside, or without TLS. If that is right, the operator "
        "allows it in the settings."
    ),
    Trouble.EMPTY: N_(
        "Nothing came. What it brought before stays valid until it runs out; if it lasts, tell whoever runs it."
    ),
    Trouble.LARGE: N_(
        "It is more than a node reads at once. Ask for a smaller list, or import the file at the command line."
    ),
    Trouble.PACKED: N_("It is packed, and the packing is broken: tell whoever runs it."),
    Trouble.PAGE: N_(
        "A web page came instead of the data: it asks to sign in, or the address has changed. Open it in a browser."
    ),
    Trouble.FORM: N_(
        "It is not in the form that this kind of source has: check the kind, and whether its format has changed."
    ),
    Trouble.COLUMN: N_(
        "The column of the values is not there: the list has changed. Try the list, and set the column anew."
    ),
    Trouble.ROWS: N_(
        "No row has a value of the kind that the source says: the list has changed. Try the list, and set it anew."
    ),
    Trouble.OTHER: N_("The node tries again by itself. What it says may help:"),
}
"""One for everything that can be wrong."""


def advice(trouble: str) -> str:
    """What to do; empty where nothing is wrong."""
    return ADVICE[Trouble(trouble)] if trouble else ""
