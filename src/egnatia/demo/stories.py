"""What happens in the demonstration: fictional campaigns, told in the languages of the region.

Addresses are from RFC 5737, names end as RFC 2606 has it: nothing here can point at anybody.
"""

from typing import Literal

import msgspec

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign as one CSIRT sees it. `lang` is the language of its words; `lures` are the host names it used."""

    key: str
    lang: str
    title: str
    text: str
    sector: str
    tlp: Tlp
    kind: Literal["phishing", "ransomware", "intrusion", "fraud", "ddos"]
    lures: tuple[str, ...]
    advice: str


STORIES: dict[str, tuple[Story, ...]] = {
    "al": (
        Story(
            key="posta",
            lang="sq",
            title="Mesazhe SMS mashtruese në emër të postës",
            text="Qytetarët marrin SMS për një pako të bllokuar; faqja e rreme kërkon të dhënat e kartës bankare.",
            sector="communications",
            tlp="green",
            kind="phishing",
            lures=("posta-ime.example", "pako-dogane.example", "gjurmo-pakon.example"),
            advice="Mos hapni lidhje nga SMS; bllokoni emrat e listuar në DNS.",
        ),
        Story(
            key="bashkia",
            lang="sq",
            title="Ransomware në një bashki: skedarët e gjendjes civile të koduar",
            text="Hyrja u bë me një llogari VPN pa faktor të dytë; kopjet rezervë u fshinë para kodimit.",
            sector="government-local",
            tlp="amber",
            kind="ransomware",
            lures=("vpn-bashkia.example", "kthim-skedareve.example"),
            advice="Kërkoni faktor të dytë për VPN dhe mbani një kopje jashtë rrjetit.",
        ),
        Story(
            key="arsimi",
            lang="sq",
            title="Faqe e rreme e regjistrimit në universitet",
            text="Nxënësit ftohen të paguajnë një tarifë; fjalëkalimet përdoren pastaj në portale të tjera.",
            sector="education",
            tlp="clear",
            kind="fraud",
            lures=("regjistrimi-universitar.example", "tarifa-studenti.example"),
            advice="Njoftoni shkollat; ndryshoni fjalëkalimet e përdorura.",
        ),
    ),
    "ba": (
        Story(
            key="porezna",
            lang="bs",
            title="Lažne obavijesti porezne uprave o povratu poreza",
            text="Poruka nudi povrat poreza i vodi na stranicu koja krade podatke za e-bankarstvo.",
            sector="financial-services",
            tlp="green",
            kind="phishing",
            lures=("povrat-poreza.example", "porezna-uprava-ba.example", "e-banka-prijava.example"),
            advice="Upozoriti klijente banaka; blokirati navedene domene.",
        ),
        Story(
            key="bolnica",
            lang="bs",
            title="Ucjenjivački softver u bolnici: laboratorija radi na papiru",
            text="Napadači su ušli kroz nezakrpljen pristup na daljinu i dvije sedmice kopirali nalaze.",
            sector="healthcare",
            tlp="amber",
            kind="ransomware",
            lures=("podrska-bolnica.example", "nalazi-online.example"),
            advice="Zakrpiti pristup na daljinu; odvojiti laboratorijsku mrežu.",
        ),
        Story(
            key="ddos",
            lang="bs",
            title="DDoS na portale javnih usluga uoči izbora",
            text="Talasi od po deset minuta, uglavnom DNS odjek; prijetnja je najavljena na jednom kanalu.",
            sector="government-public-services",
            tlp="amber+strict",
            kind="ddos",
            lures=("stres-servis.example",),
            advice="Uključiti filtriranje kod operatora i pripremiti statičnu stranicu.",
        ),
    ),
    "xk": (
        Story(
            key="energjia",
            lang="sq",
            title="Fatura të rreme të energjisë elektrike me virus",
            text="E-maili ka një faturë në ZIP; brenda është një shkarkues që vjedh fjalëkalimet e shfletuesit.",
            sector="energy",
            tlp="green",
            kind="phishing",
            lures=("fatura-energjia.example", "pagesa-rryma.example"),
            advice="Ndaloni ZIP me skripte në postë; njoftoni klientët.",
        ),
        Story(
            key="diaspora",
            lang="sq",
            title="Mashtrim me investime që synon diasporën",
            text="Reklama me zëra të imituar premtojnë fitim; paratë kalojnë nëpër llogari në tri ekonomi.",
            sector="financial-services",
            tlp="amber",
            kind="fraud",
            lures=("investo-sot.example", "fitim-i-sigurt.example", "platforma-ari.example"),
            advice="Ndani llogaritë me njësitë e inteligjencës financiare.",
        ),
        Story(
            key="komuna",
            lang="sq",
            title="Hyrje e paautorizuar në postën e një komune",
            text="Rregulla të fshehta përcillnin postën jashtë; tokeni u mor nga një faqe e rreme e hyrjes.",
            sector="government-local",
            tlp="amber+strict",
            kind="intrusion",
            lures=("posta-komuna.example", "hyrje-portal.example"),
            advice="Kontrolloni rregullat e përcjelljes; anuloni sesionet.",
        ),
    ),
    "me": (
        Story(
            key="banka",
            lang="cnr",
            title="Lažna aplikacija banke kruži porukama",
            text="Poruka traži hitnu potvrdu računa; aplikacija presrijeće jednokratne kodove iz SMS-a.",
            sector="financial-services",
            tlp="amber",
            kind="fraud",
            lures=("m-banka-prijava.example", "potvrda-racuna.example", "m-banka-azuriranje.example"),
            advice="Povući aplikaciju, obavijestiti klijente, tražiti potvrdu u samoj aplikaciji.",
        ),
        Story(
            key="vlada",
            lang="cnr",
            title="Ransomware protiv državnih servisa: traženje pristupnih tačaka",
            text="Isti alat i iste adrese kao u prošlom talasu; katastar i carina bez štete.",
            sector="government",
            tlp="amber+strict",
            kind="ransomware",
            lures=("gov-azuriranje.example", "sjednica-dokument.example"),
            advice="Provjeriti spoljne naloge, ugasiti stare VPN uređaje.",
        ),
        Story(
            key="turizam",
            lang="cnr",
            title="Lažne rezervacije apartmana na primorju",
            text="Gosti plaćaju unaprijed na račune u inostranstvu; slike su preuzete sa pravih oglasa.",
            sector="hospitality-leisure",
            tlp="clear",
            kind="fraud",
            lures=("apartmani-budva.example", "rezervacija-more.example"),
            advice="Objaviti upozorenje prije sezone.",
        ),
    ),
    "mk": (
        Story(
            key="posta",
            lang="mk",
            title="Лажни пораки за пратка на „Пошта“",
            text="СМС бара мала доплата за царина; лажната страница ги краде податоците од картичката.",
            sector="communications",
            tlp="green",
            kind="phishing",
            lures=("posta-pratka.example", "carina-doplata.example", "sledi-pratka.example"),
            advice="Блокирајте ги домените; известете ги граѓаните и операторите.",
        ),
        Story(
            key="fond",
            lang="mk",
            title="Рансомвер во здравствен фонд: рецептите одат рачно",
            text="Влезот е преку е-пошта со прилог; шифрирањето почна во сабота во Скопје и Битола.",
            sector="healthcare",
            tlp="amber",
            kind="ransomware",
            lures=("fond-dokumenti.example", "recept-potvrda.example"),
            advice="Исклучете макроа; вратете од копија надвор од мрежата.",
        ),
        Story(
            key="skola",
            lang="mk",
            title="Дојави за бомби во училишта: исти испраќачи",
            text="Пораките доаѓаат преку три изнајмени сервери; текстот е преведен со машина.",
            sector="education",
            tlp="amber+strict",
            kind="intrusion",
            lures=("anonimna-posta.example",),
            advice="Чувајте ги заглавјата; споделете ги со полицијата.",
        ),
    ),
    "rs": (
        Story(
            key="struja",
            lang="sr",
            title="Лажни рачуни за струју са злонамерним прилогом",
            text="Прилог личи на рачун; отвара скрипту која преузима крадљивца лозинки.",
            sector="energy",
            tlp="green",
            kind="phishing",
            lures=("racun-struja.example", "uplata-racuna.example", "e-racun-portal.example"),
            advice="Забранити скрипте у прилозима; пратити наведене адресе.",
        ),
        Story(
            key="katastar",
            lang="sr-Latn",
            title="Ucenjivački softver u javnom preduzeću: naplata stoji",
            text="Napadači su koristili legitimni alat za daljinsku podršku i ukradene naloge izvođača.",
            sector="utilities",
            tlp="amber",
            kind="ransomware",
            lures=("podrska-daljinski.example", "izvodjac-portal.example"),
            advice="Ograničiti alate za daljinsku podršku; proveriti naloge izvođača.",
        ),
        Story(
            key="novinari",
            lang="sr-Latn",
            title="Ciljano špijuniranje novinara i organizacija civilnog društva",
            text="Poruke dolaze u ime izvora; otkrivena su dva nova načina zaraze telefona.",
            sector="non-profit",
            tlp="red",
            kind="intrusion",
            lures=("dokument-izvor.example", "sigurna-poruka.example"),
            advice="Pregled telefona; direktan razgovor sa ugroženima.",
        ),
    ),
    "hub": (
        Story(
            key="wave",
            lang="en",
            title="One ransomware group, four economies: the regional picture",
            text="Shared infrastructure links four intrusions across borders/boundaries within nineteen days.",
            sector="government",
            tlp="amber",
            kind="ransomware",
            lures=("update-relay.example", "files-return.example", "support-tunnel.example"),
            advice="Search thirty days back for the listed names; report sightings to the regional hub.",
        ),
        Story(
            key="exercise",
            lang="en",
            title="Regional exercise: indicators for the table-top",
            text="Harmless names for the autumn exercise. A sighting of them is an exercise message.",
            sector="government",
            tlp="clear",
            kind="intrusion",
            lures=("exercise-alpha.example", "exercise-beta.example"),
            advice="Play along: answer each with a sighting.",
        ),
        Story(
            key="telecom",
            lang="en",
            title="Signalling probes against roaming partners",
            text="Location requests from two foreign address ranges towards subscribers of five operators.",
            sector="telecommunications",
            tlp="green",
            kind="intrusion",
            lures=("roaming-check.example",),
            advice="Filter category 2 messages; compare with the listed ranges.",
        ),
    ),
    "bank": (
        Story(
            key="mules",
            lang="cnr",
            title="Mreža računa za pranje novca od lažnih investicija",
            text="Jedanaest računa otvoreno istog dana; uplate iz tri ekonomije, isplate u kriptovaluti.",
            sector="financial-services",
            tlp="amber",
            kind="fraud",
            lures=("investicija-zlato.example",),
            advice="Zaustaviti isplate, obavijestiti finansijsko-obavještajnu jedinicu.",
        ),
    ),
    "telecom": (
        Story(
            key="sms",
            lang="mk",
            title="Талас СМС измами преку изнајмени SIM кутии",
            text="Над четириесет илјади пораки за еден час; броевите се исклучени, шаблонот е споделен.",
            sector="telecommunications",
            tlp="amber",
            kind="phishing",
            lures=("sms-nagrada.example",),
            advice="Филтрирајте го шаблонот кај сите оператори.",
        ),
    ),
}
"""The campaigns that each organisation reports, by the organisation's key."""
