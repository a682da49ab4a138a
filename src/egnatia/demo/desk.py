"""What lies on the desk of each CSIRT of the demonstration: reports that nobody has looked at, a text to review, and
what its economy's defences are given."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

import msgspec

from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.output import Output
from egnatia.demo.cast import Actor
from egnatia.demo.pen import Pen, stamp
from egnatia.exchange.review import Reviews
from egnatia.node import Node
from egnatia.web.intake.tip import Content, Kind, Tips

COLLEAGUE: Final = "mira"
"""Who wrote what waits for review: the demonstration's person can approve it."""

REPORTS: Final[tuple[tuple[Kind, str, str, str], ...]] = (
    (
        "link",
        "Shop that never delivers",
        "I paid and nothing came; the shop has no address.",
        "hxxps://super-popust.example/akcija",
    ),
    (
        "incident",
        "Our files have other names since this morning",
        "Twelve computers of a school; a note asks for money.",
        "",
    ),
)
LANGUAGES: Final = {"al": "sq", "ba": "bs", "xk": "sq", "me": "cnr", "mk": "mk", "rs": "sr-Cyrl"}
DRAFTS: Final = {
    "al": ("sq", "Fushatë e re e SMS-ve të rreme", "Numra të rinj, i njëjti tekst. Mos e hapni lidhjen."),
    "ba": ("bs", "Novi talas lažnih računa", "Isti tekst, novi pošiljaoci. Ne otvarajte prilog."),
    "xk": ("sq", "Valë e re faqesh të rreme", "I njëjti vend, emra të rinj. Mos jepni të dhëna."),
    "me": ("cnr", "Novi talas lažnih poreskih poruka", "Isti tekst, nove adrese. Ne otvarajte vezu."),
    "mk": ("mk", "Нов бран лажни пораки за пратки", "Истиот текст, нови броеви. Не ја отворајте врската."),
    "rs": ("sr-Cyrl", "Нови талас лажних порука у име банке", "Исти текст, нове адресе. Не отварајте везу."),
}

OUTPUTS: Final = (
    (Output(name="resolvers", form="rpz", least=40), "resolver of the government network"),
    (Output(name="firewalls", form="plain", search="type:indicator since:90d", least=60), "firewall of the tax office"),
    (Output(name="sensors", form="suricata"), "sensor at the exchange point"),
)
"""Each with a device that may fetch it."""


def furnish(node: Node, by: Actor, now: datetime) -> None:
    """Puts reports into the queue, a text before a second person, and keeps outputs; only CSIRTs have such a desk."""
    if by.role != "csirt":
        return
    outputs = Outputs(node.store)
    for output, device in OUTPUTS:
        outputs.save(output)
        outputs.grant(output.name, by.id, device)
    tips = Tips(node.store, node.secret)
    at = int(now.timestamp() * 1_000_000)
    language = LANGUAGES[by.key]
    tips.receive(
        "mail", Content(title="", text="It came this morning; I did not click."), at=at - 5_000_000_000,
        language=language, file=("mail.eml", _mail()), contact="ana@company.example",
    )  # fmt: skip
    for number, (kind, title, text, link) in enumerate(REPORTS):
        content = Content(title=title, text=text, link=link)
        tips.receive(kind, content, at=at - (number + 2) * 9_000_000_000, language=language)
    lang, name, text = DRAFTS[by.key]
    pen = Pen(by, "clear", now - timedelta(hours=1), "to review")
    report = pen.sdo(
        "report", "report", name=name, description=text, report_types=["alert"], published=stamp(now),
        object_refs=[by.id], lang=lang, labels=["severity:high"],
    )  # fmt: skip
    Reviews(node.store, by.id).submit(
        [msgspec.json.encode(report)], author=COLLEAGUE, title=name, at=at - 2_000_000_000
    )


def _mail() -> bytes:
    made = EmailMessage()
    made["From"] = '"Your bank" <service@bank-confirm.example>'
    made["To"] = "ana@company.example"
    made["Subject"] = "Your account is blocked"
    made["Date"] = "Tue, 24 Nov 2026 07:12:00 +0000"
    made["Received"] = (
        "from mx.bank-confirm.example (198.51.100.23) by mx.company.example; Tue, 24 Nov 2026 07:12:03 +0000"
    )
    made.set_content("Confirm your data within 24 hours: https://bank-confirm.example/login")
    made.add_attachment(b"not really a program", maintype="application", subtype="zip", filename="statement.zip")
    return made.as_bytes()
