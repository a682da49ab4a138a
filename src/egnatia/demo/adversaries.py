"""Who is behind what in the demonstration: fictional adversaries, their campaigns, means and ways.

The numbers of techniques are those of ATT&CK and DISARM; everything else is made up. Names end as RFC 2606 has it,
addresses are from RFC 5737.
"""

from typing import Final, Literal

import msgspec

from egnatia.demo.stories import Tlp


class Technique(msgspec.Struct, frozen=True):
    """One technique by its number, with its tactics."""

    number: str
    name: str
    tactics: tuple[str, ...]

    @property
    def chain(self) -> str:
        """The kill chain that its tactics belong to."""
        return "disarm" if self.number.startswith("T00") else "mitre-attack"


TECHNIQUES: Final = (
    Technique("T1595.002", "Vulnerability Scanning", ("reconnaissance",)),
    Technique("T1583.001", "Domains", ("resource-development",)),
    Technique("T1566.001", "Spearphishing Attachment", ("initial-access",)),
    Technique("T1566.002", "Spearphishing Link", ("initial-access",)),
    Technique("T1190", "Exploit Public-Facing Application", ("initial-access",)),
    Technique("T1133", "External Remote Services", ("initial-access", "persistence")),
    Technique("T1078", "Valid Accounts", ("initial-access", "persistence", "privilege-escalation", "defense-evasion")),
    Technique("T1204.002", "Malicious File", ("execution",)),
    Technique("T1059.001", "PowerShell", ("execution",)),
    Technique("T1505.003", "Web Shell", ("persistence",)),
    Technique("T1547.001", "Registry Run Keys / Startup Folder", ("persistence", "privilege-escalation")),
    Technique("T1027", "Obfuscated Files or Information", ("defense-evasion",)),
    Technique("T1562.001", "Disable or Modify Tools", ("defense-evasion",)),
    Technique("T1003.001", "LSASS Memory", ("credential-access",)),
    Technique("T1110.003", "Password Spraying", ("credential-access",)),
    Technique("T1046", "Network Service Discovery", ("discovery",)),
    Technique("T1021.001", "Remote Desktop Protocol", ("lateral-movement",)),
    Technique("T1114.003", "Email Forwarding Rule", ("collection",)),
    Technique("T1071.001", "Web Protocols", ("command-and-control",)),
    Technique("T1041", "Exfiltration Over C2 Channel", ("exfiltration",)),
    Technique("T1567.002", "Exfiltration to Cloud Storage", ("exfiltration",)),
    Technique("T1486", "Data Encrypted for Impact", ("impact",)),
    Technique("T1490", "Inhibit System Recovery", ("impact",)),
    Technique("T1498.002", "Reflection Amplification", ("impact",)),
    Technique("T0073", "Determine Target Audiences", ("plan-strategy",)),
    Technique("T0090", "Create Inauthentic Accounts", ("establish-assets",)),
    Technique("T0098.001", "Create Inauthentic News Sites", ("establish-legitimacy",)),
    Technique("T0086.002", "Develop AI-Generated Images (Deepfakes)", ("develop-content",)),
    Technique("T0049", "Flood Information Space", ("maximise-exposure",)),
)  # fmt: skip


class Means(msgspec.Struct, frozen=True):
    """Malware or a tool; `kind` is of `malware-type-ov` or `tool-type-ov`."""

    type: Literal["malware", "tool"]
    name: str
    kind: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign: `days` before now it began and was last seen, whom it targeted, with what; `lures` are the domains
    that it used, each of which `also` owners found by themselves."""

    name: str
    text: str
    days: tuple[int, int]
    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    techniques: tuple[str, ...]
    means: tuple[str, ...]
    lures: tuple[str, ...]
    tlp: Tlp = "green"
    also: tuple[str, ...] = ()


class Adversary(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind operations, as one organisation (`by`, its key) tells of it."""

    by: str
    type: Literal["intrusion-set", "threat-actor"]
    name: str
    aliases: tuple[str, ...]
    text: str
    motivation: str
    goals: tuple[str, ...]
    operations: tuple[Operation, ...]
    tlp: Tlp = "green"


MEANS: Final = (
    Means("malware", "EXAMPLE-KEYRING", "credential-exploitation"),
    Means("malware", "EXAMPLE-LIMESTONE", "backdoor"),
    Means("malware", "EXAMPLE-BURIAL", "ransomware"),
    Means("malware", "EXAMPLE-CARRIAGE", "downloader"),
    Means("malware", "EXAMPLE-ECHO", "ddos"),
    Means("tool", "Remote desktop client", "remote-access"),
    Means("tool", "Directory explorer", "information-gathering"),
)

ADVERSARIES: Final = (
    Adversary(
        by="hub",
        type="intrusion-set",
        name="EXAMPLE STONE MARTEN",
        aliases=("EX-G-0017", "Kuna Bjelica (example)", "QUIET CARAVAN (example)"),
        text="Steals mailboxes of ministries and energy companies; works on weekdays and returns after months.",
        motivation="organizational-gain",
        goals=("Read correspondence on energy and on accession talks",),
        operations=(
            Operation(
                name="Operation Winter Road (example)",
                text="Invitations to a conference on energy that does not exist; a forwarding rule stays behind.",
                days=(118, 6),
                economies=("ME", "RS", "MK"),
                sectors=("energy", "government"),
                techniques=("T1583.001", "T1566.002", "T1078", "T1114.003", "T1071.001", "T1041", "T1110.003"),
                means=("EXAMPLE-KEYRING", "EXAMPLE-LIMESTONE"),
                lures=("energy-forum-2026.example", "login-elektro.example", "mail-ministarstvo.example"),
                tlp="amber",
                also=("me", "rs", "mk"),
            ),
            Operation(
                name="Operation Bridge Toll (example)",
                text="A web shell on servers of public procurement, put there through a known weakness.",
                days=(61, 12),
                economies=("BA", "XK"),
                sectors=("government-public-services",),
                techniques=("T1595.002", "T1190", "T1505.003", "T1046", "T1041"),
                means=("EXAMPLE-LIMESTONE",),
                lures=("nabavke-portal.example", "prokurimi-publik.example"),
                also=("ba",),
            ),
        ),
    ),
    Adversary(
        by="me",
        type="threat-actor",
        name="EXAMPLE GREY HERON",
        aliases=("Siva Čaplja (example)", "EX-R-0042"),
        text="Encrypts and publishes; comes in by remote access without a second factor and gives a week to pay.",
        motivation="personal-gain",
        goals=("Ransom",),
        operations=(
            Operation(
                name="Grey Heron, autumn wave (example)",
                text="Hospitals and town halls; backups are deleted first.",
                days=(43, 2),
                economies=("ME", "BA", "AL"),
                sectors=("healthcare", "government-local"),
                techniques=("T1133", "T1078", "T1562.001", "T1003.001", "T1021.001", "T1567.002", "T1490", "T1486"),
                means=("EXAMPLE-BURIAL", "Remote desktop client", "Directory explorer"),
                lures=("vpn-podrska.example", "grey-heron-pay.example"),
                tlp="amber",
                also=("ba", "al"),
            ),
        ),
    ),
    Adversary(
        by="rs",
        type="intrusion-set",
        name="EXAMPLE PAPER BOAT",
        aliases=("EX-F-0009",),
        text="Cheats customers of banks and post offices with messages about parcels and tax refunds.",
        motivation="personal-gain",
        goals=("Card data", "Access to online banking"),
        operations=(
            Operation(
                name="Parcel wave of the region (example)",
                text="SMS about a parcel in six languages; the pages are made of one kit and move every three days.",
                days=(90, 1),
                economies=("AL", "BA", "XK", "ME", "MK", "RS"),
                sectors=("communications", "financial-services"),
                techniques=("T1583.001", "T1566.002", "T1204.002", "T1027"),
                means=("EXAMPLE-CARRIAGE",),
                lures=("posta-paket.example", "pako-dogane.example", "pratka-carina.example", "povrat-poreza.example"),
                tlp="clear",
                also=("al", "mk", "ba", "xk"),
            ),
        ),
    ),
    Adversary(
        by="mk",
        type="threat-actor",
        name="EXAMPLE MAGPIE CHOIR",
        aliases=("Хор на страчки (example)",),
        text="Sites and accounts that pose as local media before votes, with attacks on real media at the same time.",
        motivation="ideology",
        goals=("Distrust in elections",),
        operations=(
            Operation(
                name="Borrowed newsrooms (example)",
                text="Copies of the sites of two stations with invented results; the stations themselves are flooded.",
                days=(30, 3),
                economies=("MK", "ME"),
                sectors=("communications", "government"),
                techniques=("T0073", "T0090", "T0098.001", "T0086.002", "T0049", "T1498.002"),
                means=("EXAMPLE-ECHO",),
                lures=("vesti-denes.example", "rezultati-izbori.example"),
                also=("me",),
            ),
        ),
    ),
)
