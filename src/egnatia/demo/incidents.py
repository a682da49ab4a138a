"""The sample incidents: ransomware over four economies, run to its final report, and others in different states."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from egnatia.casework.library import Library
from egnatia.demo.cases import Play
from egnatia.demo.cast import BANK, HUB, TELECOM, Actor, actor, demo_id

MK, AL, ME, RS, BA, XK = (actor(each) for each in ("mk", "al", "me", "rs", "ba", "xk"))
RANSOMWARE = [
    "malicious-code:infected-system",
    "information-content-security:unauthorised-information-modification",
]


def incidents(library: Library, now: datetime) -> Iterator[Play]:
    """Every sample case."""
    yield ransomware(library, now - timedelta(days=47))
    yield phishing(library, now - timedelta(hours=31))
    yield flood(library, now - timedelta(days=4))
    yield outage(library, now - timedelta(days=17))
    yield probing(library, now - timedelta(days=9))
    yield fresh(library, now - timedelta(hours=3))
    yield leak(library, now - timedelta(days=11))
    yield request(library, now - timedelta(hours=20))
    yield assistance(library, now - timedelta(days=45))


def ransomware(library: Library, began: datetime) -> Play:
    """From the first encrypted server at a telecom to its final report; four economies and the regional hub."""
    play = Play(library, began, MK, "Рансомвер кај телекомуникациски оператор", kind="incident", severity="yellow",
                sectors=["digital-infrastructure"])  # fmt: skip
    play.party(MK, "national-csirt", "single-point-of-contact", "competent-authority")
    play.party(TELECOM, "affected-entity")
    do = play.do
    moments = {"started_at": play.at(-9), "detected_at": play.at(0.2), "aware_at": play.at(0.8)}
    do(TELECOM, "set", 1, text="Серверите за наплата се шифрирани; порака бара откуп.", malicious_access=True,
       malware_effects=["ransomware"], users=410_000, fields=moments)  # fmt: skip
    do(MK, "triage", 2, kind="incident", severity="red", rsit=RANSOMWARE, sectors=["digital-infrastructure", "energy"],
       suspected_malicious=True, person="Дежурен")  # fmt: skip
    do(MK, "declare", 3)
    warning = do(TELECOM, "submit", 9, "early-warning", suspected_malicious=True, cross_border=True)
    do(MK, "reply", 12, feedback="Одвојте ја мрежата за управување; чувајте слики од меморијата.")
    do(MK, "review", 13, warning, outcome="accepted")
    play.find(MK, 14, _signs(MK, play), "2: files-return[.]example, 203[.]0[.]113[.]77")
    for hours, other in enumerate((AL, ME, RS), 15):
        do(MK, "join", hours, other.id, roles=["national-csirt", "single-point-of-contact"], economy=other.economy,
           whole=True)  # fmt: skip
    do(MK, "join", 18, HUB.id, roles=["regional-coordinator"], economy="regional", whole=True)
    do(MK, "set", 19, affected_economies=["MK", "AL", "ME", "RS"], significant_economies=["MK", "RS"],
       techniques=["T1486", "T1566.001", "T1021.001"])  # fmt: skip
    do(MK, "request-forwarding", 20, text="Истиот добавувач одржува системи во три други економии.")
    do(MK, "forward", 22, text="Проверете ги врските со добавувачот.", affected_economies=["MK", "AL", "ME", "RS"])
    do(RS, "comment", 26, text="Код једног добављача у Нишу нађен је исти алат за приступ; искључен је.")
    do(AL, "comment", 27, text="Asnjë shenjë deri tani; kërkimi vazhdon te tre operatorë.")
    do(MK, "call-for-assistance", 28, text="Потребни се двајца аналитичари за форензика на меморија.")
    do(ME, "offer-assistance", 30, text="Dva analitičara, dostupna od sjutra, jezici: mk, sr, en.")
    for number, task in enumerate(list(play.fold.state.tasks)[:2]):
        do(MK, "progress", 34 + number, task, status="in-progress")
    noticed = do(TELECOM, "submit", 60, "notification", suspected_malicious=True, cross_border=True, severity="red",
                 initial_assessment="Шифрирани се 43 сервери; наплатата не работи.", compromised=True,
                 availability_impact=75, confidentiality_impact="suspected-loss", integrity_impact="full-modification",
                 information_type="pii", record_count=410_000, external_impacts=["economic", "public-confidence"],
                 detection_methods=["system-outage", "message-from-attacker"], entities=4)  # fmt: skip
    do(MK, "review", 66, noticed, outcome="accepted")
    do(MK, "contain", 75, mitigation="Мрежите се одвоени, пристапот на добавувачот е укинат.")
    do(MK, "request-intermediate", 90, text="Состојба на обновувањето?")
    do(TELECOM, "submit", 110, "intermediate", status="Девет од 43 сервери се обновени.", outlook="improving")
    do(TELECOM, "eradicate", 200)
    for number, task in enumerate(list(play.fold.state.tasks)[:2]):
        do(MK, "progress", 210 + number, task, status="done")
    do(TELECOM, "recover", 320)
    final = do(TELECOM, "submit", 700, "final", description="Рансомвер преку добавувач на далечинско одржување.",
               severity="red", cause="Украдени лозинки на добавувач без втор фактор.", root_cause="malicious-actions",
               mitigation="Втор фактор за сите добавувачи; одвоени мрежи; нови резервни копии.", cross_border=True,
               cross_border_impact="Ист алат кај добавувач во Србија; без последици во Албанија и Црна Гора.",
               loss_eur=640_000, loss_most_eur=900_000, loss_variety="response-and-recovery",
               recoverability="supplemented", determination="confirmed", traceability_impact="partial-accountability",
               lessons="Договорите со добавувачи бараат втор фактор и дневници.")  # fmt: skip
    do(MK, "review", 730, final, outcome="accepted")
    do(MK, "look-back", 740)
    do(MK, "comment", 760, text="Записникот од заедничката средба е приложен кон поуките.")
    return play


def phishing(library: Library, began: datetime) -> Play:
    """A bank in its first days: the early warning came late, the notification is owed."""
    play = Play(library, began, ME, "Lažna stranica banke i preusmjeravanje plaćanja", kind="incident",
                severity="yellow", sectors=["banking"])  # fmt: skip
    play.party(ME, "national-csirt", "competent-authority", "single-point-of-contact")
    play.party(BANK, "affected-entity")
    do = play.do
    do(BANK, "set", 1, aware_at=play.at(0.5), detected_at=play.at(0), malicious_access=True, financial_entity=True,
       critical_service=True, classified_at=play.at(2), users=2_300)  # fmt: skip
    do(ME, "triage", 2, kind="incident", severity="yellow", rsit=["fraud:phishing"], sectors=["banking", "financial"],
       affected_economies=["ME"])  # fmt: skip
    do(ME, "declare", 3)
    do(BANK, "submit", 25, "early-warning", suspected_malicious=True, cross_border=False,
       text="Zakasnilo zbog isključenja pošte.")  # fmt: skip
    return play


def flood(library: Library, began: datetime) -> Play:
    """A flood of requests, contained, bilateral."""
    play = Play(library, began, AL, "Sulm DDoS ndaj portalit të shërbimeve", kind="incident", severity="red",
                sectors=["public-administration"])  # fmt: skip
    play.party(AL, "national-csirt", "affected-entity", "single-point-of-contact")
    play.party(XK, "national-csirt")
    play.party(HUB, "regional-coordinator")
    do = play.do
    do(AL, "triage", 1, kind="incident", severity="red", rsit=["availability:ddos"], cross_border=True,
       affected_economies=["AL", "XK"], suspected_malicious=True)  # fmt: skip
    do(AL, "set", 2, aware_at=play.at(0.5), down_minutes=340, availability_impact=90, users=650_000)
    do(AL, "declare", 2.5)
    do(AL, "submit", 8, "early-warning", suspected_malicious=True, cross_border=True)
    do(AL, "reply", 9, feedback="Filtrim te operatorët; lista e burimeve u nda.")
    do(XK, "comment", 12, text="Njëjtat burime edhe këtu, me më pak trafik.")
    do(AL, "contain", 30, mitigation="Trafiku filtrohet te tre operatorë.")
    notice = do(AL, "submit", 60, "notification", suspected_malicious=True, cross_border=True, severity="red",
                initial_assessment="Portali mungoi pesë orë e dyzet minuta.")  # fmt: skip
    do(AL, "review", 62, notice, outcome="under-review")
    return play


def outage(library: Library, began: datetime) -> Play:
    """A misconfiguration at a hospital, closed."""
    play = Play(library, began, BA, "Ispad laboratorijskog sistema u bolnici", kind="incident", severity="green",
                sectors=["health"])  # fmt: skip
    play.party(BA, "national-csirt", "affected-entity")
    play.party(HUB, "regional-coordinator")
    do = play.do
    do(BA, "triage", 2, kind="incident", severity="green", rsit=["availability:misconfiguration"],
       affected_economies=["BA"])  # fmt: skip
    do(BA, "declare", 3)
    do(BA, "contain", 6)
    do(BA, "eradicate", 7)
    do(BA, "recover", 12)
    do(BA, "look-back", 40)
    do(BA, "close", 60, cause="Istekao certifikat na serveru za nalaze.", lessons="Nadzor isteka certifikata.")
    return play


def probing(library: Library, began: datetime) -> Play:
    """A near miss that is watched."""
    play = Play(library, began, RS, "Покушај упада у диспечерски систем", kind="near-miss", severity="green",
                sectors=["energy"])  # fmt: skip
    play.party(RS, "national-csirt", "affected-entity")
    play.party(HUB, "regional-coordinator")
    play.do(RS, "triage", 3, kind="near-miss", severity="green", rsit=["intrusion-attempts:brute-force"],
            affected_economies=["RS"])  # fmt: skip
    play.do(RS, "set", 4, determination="failed-attempt", detection_methods=["human-review"])
    play.do(RS, "keep-watch", 5)
    return play


def fresh(library: Library, began: datetime) -> Play:
    """Just received; nobody has looked yet."""
    play = Play(
        library, began, XK, "Kompjutera të infektuar në një komunë", kind="incident", sectors=["public-administration"]
    )
    play.party(XK, "national-csirt", "affected-entity")
    play.party(HUB, "regional-coordinator")
    play.do(XK, "set", 0.5, description="Dhjetë kompjutera lidhen me një server të panjohur.", detected_at=play.at(-1))
    return play


def leak(library: Library, began: datetime) -> Play:
    """Personal data were taken; the response goes on, and the data-protection clock runs beside."""
    play = Play(library, began, ME, "Curenje podataka sa portala škola", kind="incident", severity="yellow",
                sectors=["research", "public-administration"])  # fmt: skip
    play.party(ME, "national-csirt", "affected-entity", "data-protection-authority")
    play.party(HUB, "regional-coordinator")
    do = play.do
    do(ME, "triage", 2, kind="incident", severity="yellow", affected_economies=["ME"],
       rsit=["information-content-security:data-leak"])  # fmt: skip
    do(ME, "set", 3, aware_at=play.at(1), breach_aware_at=play.at(1), confidentiality_impact="confirmed-loss",
       information_type="pii", record_count=7_800, data_subjects=7_800, malicious_access=True)  # fmt: skip
    do(ME, "declare", 4)
    do(ME, "submit", 20, "early-warning", "notification", suspected_malicious=True, cross_border=False,
       severity="yellow", initial_assessment="Izvezena je tabela korisnika.")  # fmt: skip
    do(ME, "submit", 60, "personal-data", description="Izvezena je tabela korisnika portala.",
       data_consequences="Pokušaji prevare roditelja.", mitigation="Lozinke poništene, portal isključen.",
       data_contact="sluzbenik@skole.example")  # fmt: skip
    do(ME, "contain", 70)
    return play


def request(library: Library, began: datetime) -> Play:
    """A question from one authority to another."""
    play = Play(library, began, AL, "Kush qëndron pas adresës 198.51.100.23?", workflow="information-request",
                urgency="urgent", asked_at=_stamp(began))  # fmt: skip
    play.party(AL, "asking").party(MK, "asked")
    return play


def assistance(library: Library, began: datetime) -> Play:
    """Two analysts of one economy work for another, and go home."""
    play = Play(library, began, MK, "Форензика на меморија: двајца аналитичари", workflow="assistance",
                skills=["memory forensics"], languages=["mk", "sr", "en"], called_at=_stamp(began))  # fmt: skip
    play.party(MK, "asking").party(ME, "giving").party(HUB, "regional-coordinator")
    play.do(ME, "offer", 2, people=2, text="Dva analitičara, od sjutra.")
    play.do(MK, "accept", 3)
    play.do(ME, "deploy", 20, people=2)
    play.do(ME, "hand-over", 120, fields={"hours": 88}, text="Slike memorije pregledane, nalazi predati.")
    play.do(MK, "stand-down", 130, fields={"hours": 96})
    return play


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _signs(by: Actor, play: Play) -> list[dict[str, Any]]:
    """Two indicators that were found in the case."""
    made = []
    for value, path in (("files-return.example", "domain-name:value"), ("203.0.113.77", "ipv4-addr:value")):
        made.append(
            {
                "type": "indicator",
                "spec_version": "2.1",
                "id": demo_id("indicator", by.key, "case", value),
                "created": play.at(14),
                "modified": play.at(14),
                "created_by_ref": by.id,
                "name": value,
                "pattern": f"[{path} = '{value}']",
                "pattern_type": "stix",
                "valid_from": play.at(14),
                "indicator_types": ["malicious-activity"],
            }
        )
    return made
