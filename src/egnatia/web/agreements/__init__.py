"""Agreements on sharing: who agreed on what with whom, and how one is drafted, signed and ended."""

from litestar.types import ControllerRouterHandler

from egnatia.web.agreements.drafting import blank, edit, look, rewrite, sign_draft, throw_away, write
from egnatia.web.agreements.listing import agreement, agreements, printed
from egnatia.web.agreements.signing import amend, sign, suspend, terminate

PAGES: tuple[ControllerRouterHandler, ...] = (
    agreements,
    blank,
    write,
    look,
    edit,
    rewrite,
    sign_draft,
    throw_away,
    agreement,
    printed,
    sign,
    suspend,
    terminate,
    amend,
)
"""Every page of this folder."""
