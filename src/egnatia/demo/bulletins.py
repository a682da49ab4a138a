"""What the organisations of the demonstration tell everyone: alerts in local languages, an advisory, a campaign."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from egnatia.demo.cast import Actor
from egnatia.demo.pen import Object, Pen, stamp

Texts = Mapping[str, tuple[str, str]]
"""Title and text by language; the author's own first."""


class Bulletin(msgspec.Struct, frozen=True, kw_only=True):
    """One product. `line` is a vulnerability: its number, a product, what to do."""

    kind: str
    texts: Texts
    days: int
    severity: str = ""
    line: tuple[str, str, str] | None = None


PASSWORDS: Texts = {
    "en": (
        "One long password for each account",
        (
            "Four words that have nothing to do with each other are easier to keep and "
            "harder to guess than signs and digits."
            "\n\n- Use another password for each account.\n- Let a password manager remember them.\n"
            "- Switch on the second factor where there is one.\n- Nobody who is honest asks for your password."
        ),
    ),
    "sq": (
        "Një fjalëkalim i gjatë për çdo llogari",
        (
            "Katër fjalë pa lidhje mes tyre mbahen mend më lehtë dhe gjenden më vështirë se shenjat dhe shifrat."
            "\n\n- Përdorni fjalëkalim tjetër për çdo llogari.\n- Lëreni t’i mbajë mend një menaxhues fjalëkalimesh.\n"
            "- Aktivizoni faktorin e dytë kudo që ka.\n- Askush i ndershëm nuk jua kërkon fjalëkalimin."
        ),
    ),
    "bs": (
        "Jedna duga lozinka za svaki nalog",
        (
            "Četiri riječi koje nemaju veze jedna s drugom lakše se pamte i teže pogađaju od znakova i cifara."
            "\n\n- Koristite drugu lozinku za svaki nalog.\n- Neka ih pamti upravitelj lozinki.\n"
            "- Uključite drugi faktor gdje god postoji.\n- Niko pošten ne traži vašu lozinku."
        ),
    ),
    "mk": (
        "Една долга лозинка за секоја сметка",
        (
            "Четири зборови што немаат врска еден со друг полесно се паметат и потешко се погодуваат од знаци и цифри."
            "\n\n- Користете друга лозинка за секоја сметка.\n- Нека ги памети управувач со лозинки.\n"
            "- Вклучете го вториот фактор секаде каде што го има.\n- Никој чесен не ви ја бара лозинката."
        ),
    ),
    "cnr": (
        "Jedna duga lozinka za svaki nalog",
        (
            "Četiri riječi koje nemaju veze jedna s drugom lakše se pamte i teže pogađaju od znakova i cifara."
            "\n\n- Koristite drugu lozinku za svaki nalog.\n- Neka ih pamti upravljač lozinki.\n"
            "- Uključite drugi faktor gdje god postoji.\n- Niko pošten ne traži vašu lozinku."
        ),
    ),
    "sr-Cyrl": (
        "Једна дуга лозинка за сваки налог",
        (
            "Четири речи које немају везе једна с другом лакше се памте и теже погађају од знакова и цифара."
            "\n\n- Користите другу лозинку за сваки налог.\n- Нека их памти управљач лозинки.\n"
            "- Укључите други фактор где год постоји.\n- Нико поштен не тражи вашу лозинку."
        ),
    ),
}

BULLETINS: Mapping[str, tuple[Bulletin, ...]] = {
    "al": (
        Bulletin(
            kind="alert",
            severity="high",
            days=3,
            texts={
                "sq": (
                    "Kujdes: SMS të rreme në emër të postës",
                    (
                        "Mesazhet njoftojnë një pako që pret dhe kërkojnë një pagesë të "
                        "vogël.\n\n- Mos e hapni lidhjen.\n"
                        "- Nëse keni dhënë të dhënat e kartës, telefononi bankën menjëherë.\n- Na e raportoni mesazhin."
                    ),
                ),
                "en": (
                    "Beware: false text messages in the name of the post",
                    (
                        "They tell of a parcel that waits and ask for a small payment.\n\n- Do not open the link.\n"
                        "- If you gave your card's data, call your bank at once.\n- Report the message to us."
                    ),
                ),
            },
        ),
    ),
    "ba": (
        Bulletin(
            kind="alert",
            severity="medium",
            days=5,
            texts={
                "bs": (
                    "Upozorenje: lažni računi za struju",
                    (
                        "Porukama e-pošte stiže lažni račun s prijetnjom isključenjem.\n\n- Ne otvarajte prilog.\n"
                        "- Stanje računa provjerite na stranici svog dobavljača, koju sami upišete."
                    ),
                ),
                "en": (
                    "Warning: false electricity bills",
                    (
                        "E-mails bring a false bill and threaten to cut the supply.\n\n- Do not open the attachment.\n"
                        "- Look at your account on your supplier's page, whose address you type yourself."
                    ),
                ),
            },
        ),
    ),
    "xk": (
        Bulletin(
            kind="alert",
            severity="high",
            days=2,
            texts={
                "sq": (
                    "Alarm: faqe të rreme bankare në rrjetet sociale",
                    (
                        "Reklama premtojnë dhurata dhe çojnë te një kopje e faqes së bankës.\n\n"
                        "- Hyni në bankë vetëm nga adresa që e shkruani vetë.\n- Bankat nuk kërkojnë kode me mesazh."
                    ),
                ),
                "en": (
                    "Alert: false bank pages on social networks",
                    (
                        "Advertisements promise gifts and lead to a copy of a bank's page.\n\n"
                        "- Go to your bank only by the address that you type.\n- Banks ask for no codes by message."
                    ),
                ),
            },
        ),
    ),
    "me": (
        Bulletin(
            kind="alert",
            severity="high",
            days=1,
            texts={
                "cnr": (
                    "Upozorenje: lažna stranica za plaćanje poreza",
                    (
                        "Poruke vode na stranicu koja liči na portal poreske uprave i traži podatke s kartice.\n\n"
                        "- Ne unosite podatke.\n- Ko ih je unio, neka odmah blokira karticu.\n- Prijavite nam poruku."
                    ),
                ),
                "en": (
                    "Warning: a false page for paying taxes",
                    (
                        "Messages lead to a page that looks like the tax office's portal and asks for card data.\n\n"
                        "- Enter nothing.\n- Who did should block the card at once.\n- Report the message to us."
                    ),
                ),
                "sr-Cyrl": (
                    "Упозорење: лажна страница за плаћање пореза",
                    (
                        "Поруке воде на страницу која личи на портал пореске управе и тражи податке са картице.\n\n"
                        "- Не уносите податке.\n- Ко их је унео, нека одмах блокира картицу.\n- Пријавите нам поруку."
                    ),
                ),
            },
        ),
        Bulletin(
            kind="advisory",
            severity="critical",
            days=4,
            line=("CVE-2026-90001", "Example Gate 4.2", "Install 4.3 and look for new administrators"),
            texts={
                "en": (
                    "Example Gate lets strangers in: update today",
                    (
                        "A request without a password is answered as an administrator's. It is exploited in the region."
                        "\n\n- Update to 4.3.\n- Shut the administration off from the "
                        "internet.\n- Look for accounts you did "
                        "not make."
                    ),
                ),
                "cnr": (
                    "Example Gate pušta strance unutra: ažurirajte danas",
                    (
                        "Na zahtjev bez lozinke odgovara se kao administratoru. Iskorištava se u regionu."
                        "\n\n- Ažurirajte na 4.3.\n- Administraciju zatvorite prema internetu.\n"
                        "- Potražite naloge koje niste napravili."
                    ),
                ),
            },
        ),
    ),
    "mk": (
        Bulletin(
            kind="alert",
            severity="medium",
            days=2,
            texts={
                "mk": (
                    "Предупредување: лажни пораки за неиспорачана пратка",
                    (
                        "Пораките бараат мала доплата и водат на страница што ги краде податоците од картичката.\n\n"
                        "- Не ја отворајте врската.\n- Пратката проверете ја на страницата на поштата."
                    ),
                ),
                "en": (
                    "Warning: false messages about a parcel",
                    (
                        "They ask for a small payment and lead to a page that steals card data.\n\n"
                        "- Do not open the link.\n- Look for your parcel on the post's own page."
                    ),
                ),
            },
        ),
    ),
    "rs": (
        Bulletin(
            kind="alert",
            severity="high",
            days=1,
            texts={
                "sr-Cyrl": (
                    "Упозорење: лажне поруке у име банке",
                    (
                        "Поруке тврде да је рачун блокиран и траже да потврдите податке.\n\n- Не отварајте везу.\n"
                        "- Позовите банку на број са картице.\n- Пријавите нам поруку као датотеку .eml."
                    ),
                ),
                "en": (
                    "Warning: false messages in the name of a bank",
                    (
                        "They say that an account is blocked and ask you to confirm your "
                        "data.\n\n- Do not open the link.\n"
                        "- Call your bank by the number on the card.\n- Report the message to us as an .eml file."
                    ),
                ),
            },
        ),
    ),
    "hub": (
        Bulletin(kind="awareness", days=6, texts=PASSWORDS),
        Bulletin(
            kind="situation-report",
            days=1,
            texts={
                "en": (
                    "The region in the last week",
                    (
                        "Phishing in the name of posts and banks came to all six "
                        "economies within days of each other.\n\n"
                        "- Four of six alerts were about messages with a link to pay a small sum.\n"
                        "- One vulnerability is exploited in the region: mend Example Gate first."
                    ),
                ),
            },
        ),
    ),
}
"""What each organisation tells everyone, by its key."""


def bulletins(by: Actor, now: datetime) -> Iterator[Object]:
    """The organisation's products as records, each with its vulnerability before it and its translations after."""
    for number, each in enumerate(BULLETINS.get(by.key, ())):
        yield from _written(by, each, now - timedelta(days=each.days, hours=3), f"bulletin {number}")


def _written(by: Actor, told: Bulletin, at: datetime, salt: str) -> Iterator[Object]:
    pen = Pen(by, "clear", at, salt)
    (lang, (name, text)), *others = told.texts.items()
    refs = [by.id]
    if told.line is not None:
        hole = _hole(pen, *told.line)
        refs = [hole["id"]]
        yield hole
    types = [told.kind, *(["vulnerability"] if told.line is not None else [])]
    labels = {"labels": [f"severity:{told.severity}"]} if told.severity else {}
    report = pen.sdo(
        "report", "report", name=name, description=text, report_types=types, published=stamp(at), object_refs=refs,
        lang=lang, **labels,
    )  # fmt: skip
    yield report
    if others:
        contents = {tag: {"name": title, "description": words} for tag, (title, words) in others}
        yield pen.sdo(
            "language-content", "texts", object_ref=report["id"], object_modified=report["modified"], contents=contents
        )


def _hole(pen: Pen, number: str, product: str, remedy: str) -> Object:
    return pen.sdo(
        "vulnerability", number, name=number, labels=["exploited"],
        description="A request without a password is answered as an administrator's.",
        external_references=[{"source_name": "cve", "external_id": number}],
        x_csaf_products={"known_affected": [product]}, x_csaf_remediations=[f"vendor_fix: {remedy}"],
    )  # fmt: skip
