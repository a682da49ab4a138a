"""About this node and this program, and how to find one's way: for everybody."""

from importlib.metadata import version
from typing import ClassVar, Final

from litestar import Response, get
from litestar.di import NamedDependency

from egnatia.trust.fingerprint import Fingerprint, fingerprint
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.visit import Visit

_NIST: Final = "https://csrc.nist.gov/pubs/fips"

STANDARDS: Final = (
    ("STIX 2.1", "https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html", N_("the language of every record")),
    ("TAXII 2.1", "https://docs.oasis-open.org/cti/taxii/v2.1/taxii-v2.1.html", N_("how programs fetch and hand in")),
    ("TLP 2.0", "https://www.first.org/tlp/", N_("who may see a record")),
    ("PAP", "https://www.misp-project.org/taxonomies.html", N_("what one may do with a record")),
    ("MISP", "https://www.misp-standard.org/", N_("events come in and go out")),
    ("FIPS 204 (ML-DSA), Ed25519", f"{_NIST}/204/final", N_("two signatures, and both must verify")),
    ("FIPS 203 (ML-KEM), RFC 9180 (HPKE)", f"{_NIST}/203/final", N_("what is sealed to named recipients")),
    ("WebAuthn, RFC 6238 (TOTP)", "https://www.w3.org/TR/webauthn-3/", N_("how people sign in")),
    ("WCAG 2.2 AA", "https://www.w3.org/TR/WCAG22/", N_("pages that everybody can use")),
)  # fmt: skip
"""What the program follows: name, where it is written, what for."""

QUESTIONS: Final = (
    (
        N_("What do I see?"),
        N_(
            "What your organisation may see at this moment: its own records, and those that others share with it. "
            "What you may not see is as if it were not there, also in counts and in the search."
        ),
    ),
    (
        N_("Who sees what I publish?"),
        N_(
            "The form tells you before you publish, organisation by organisation, with the rule that says so. "
            "Afterwards the record's page shows who has received it."
        ),
    ),
    (
        N_("What if I was wrong?"),
        N_(
            "Recall the record on its page: it is hidden wherever it arrived, and every node answers with a receipt. "
            "What somebody has copied by hand cannot be taken back."
        ),
    ),
    (
        N_("How do I move by keyboard?"),
        N_(
            "Press ? for the list of shortcuts: / searches, g and a letter opens a page, j and k walk through a list. "
            "They can be switched off under language and appearance."
        ),
    ),
    (
        N_("How does a program connect?"),
        N_(
            "By TAXII 2.1 or by the interface under /api/v1, with a token that an administrator issues. "
            "The interface describes itself at /api/v1/openapi/openapi.json."
        ),
    ),
)  # fmt: skip
"""What people ask first, and the answer."""


class AboutPage(Content, frozen=True, kw_only=True):
    """The program, the node, and first answers."""

    template: ClassVar[str] = "about/page.html"
    version: str
    node: str
    organisation: str
    economy: str
    fingerprint: Fingerprint
    standards: tuple[tuple[str, str, str], ...] = STANDARDS
    questions: tuple[tuple[str, str], ...] = QUESTIONS


@get("/about")
async def about(visit: NamedDependency[Visit]) -> Response[str]:
    """What this is."""
    premises = visit.premises
    return visit.page(
        AboutPage(
            title=visit.speech.gettext("About and help"),
            version=version("egnatia"),
            node=premises.node_id,
            organisation=premises.settings.organisation.name,
            economy=premises.settings.organisation.economy,
            fingerprint=fingerprint(premises.card.keys.current.id),
        )
    )
