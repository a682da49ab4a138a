"""What each CSIRT of the demonstration has ready before anything happens: whom it can send, and a playbook."""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from egnatia.cyber.incidents.playbook import read
from egnatia.cyber.incidents.playbook_shelf import Playbooks
from egnatia.cyber.incidents.roster import RESPONSE_ROSTER
from egnatia.demo.cast import Actor, demo_id
from egnatia.demo.pen import Object, Pen, stamp
from egnatia.node import Node

PEOPLE: Final = {
    "al": (("Drita", ("forensics", "network"), ("sq", "en", "it")), ("Arben", ("crisis communication",), ("sq", "en"))),
    "ba": (("Emir", ("industrial control systems",), ("bs", "en", "de")),),
    "xk": (("Blerta", ("malware analysis", "forensics"), ("sq", "sr", "en")),),
    "me": (
        ("Vuk", ("memory forensics", "malware analysis"), ("cnr", "sr", "mk", "en")),
        ("Jelena", ("incident coordination", "law"), ("cnr", "en", "fr")),
    ),
    "mk": (("Ана", ("network", "cloud"), ("mk", "sr", "en")), ("Бојан", ("backup and recovery",), ("mk", "en"))),
    "rs": (
        ("Милица", ("malware analysis", "reverse engineering"), ("sr", "en", "ru")),
        ("Стефан", ("memory forensics", "industrial control systems"), ("sr", "hu", "en")),
    ),
}
"""By the key of the CSIRT: name, skills, languages. Nobody of this name works anywhere."""

DENY: Final = b'{"action":"deny","target":{"domain_name":"control.example"}}'
"""An OpenC2 command; nobody sends it."""


def roster(by: Actor, now: datetime) -> Object:
    """Whom a CSIRT can send; the first is on call this week."""
    responders = [
        {"name": name, "skills": skills, "languages": languages} for name, skills, languages in PEOPLE[by.key]
    ]
    responders[0] |= {"on_call_from": stamp(now - timedelta(days=2)), "on_call_until": stamp(now + timedelta(days=5))}
    pen = Pen(by, "amber", now - timedelta(days=12), "roster")
    return pen.sdo(
        "response-roster",
        "roster",
        economy=by.economy,
        responders=responders,
        contact=f"duty@{by.key}.csirt.example",
        extensions={RESPONSE_ROSTER.extension_id: {"extension_type": "new-sdo"}},
    )


def keep_playbook(node: Node, by: Actor, now: datetime) -> None:
    """Puts the playbook on the shelf of a CSIRT."""
    playbook = read(msgspec.json.encode(first_day(by, now - timedelta(days=90))))
    Playbooks(node.store, by.id).put(playbook, int(now.timestamp() * 1_000_000))


def first_day(by: Actor, at: datetime) -> dict[str, Any]:
    """The first day of a ransomware incident: people's steps, one that a machine does after two have said so."""

    def named(kind: str, name: str) -> str:
        return demo_id(kind, by.key, "playbook", name)

    def manual(name: str, said: str, agent: str, then: str) -> dict[str, Any]:
        return {
            "type": "action", "name": name, "commands": [{"type": "manual", "command": said}],
            "agent": agent, "on_completion": then,
        }  # fmt: skip

    entity, team, firewall = named("organization", "entity"), named("team", "team"), named("security-category", "wall")
    start, end, both = named("start", "start"), named("end", "end"), named("parallel", "both")
    apart, images, joined = (named("action", each) for each in ("apart", "images", "joined"))
    intact, restore, call, block = (
        named("if-condition", "intact"),
        named("action", "restore"),
        named("action", "call"),
        named("action", "block"),
    )
    branch_ends = [named("end", each) for each in ("apart", "images", "restore", "call")]
    return {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": named("playbook", "first day"),
        "name": "Ransomware: the first day",
        "description": "From the first encrypted computer to a decision about recovery, with the affected entity.",
        "playbook_types": ["investigation", "mitigation"],
        "created_by": by.id,
        "created": stamp(at),
        "modified": stamp(at),
        "workflow_start": start,
        "playbook_variables": {
            "__backups_intact__:value": {
                "type": "bool",
                "description": "Backups are whole",
                "value": "false",
            }
        },
        "agent_definitions": {
            entity: {"type": "organization", "name": "Affected entity"},
            team: {"type": "group", "name": "CSIRT on duty"},
            firewall: {"type": "security-category", "name": "Border firewall", "category": ["firewall"]},
        },
        "workflow": {
            start: {"type": "start", "name": "Files are encrypted", "on_completion": both},
            both: {"type": "parallel", "name": "At once", "next_steps": [apart, images], "on_completion": block},
            apart: manual("Separate the network", "Disconnect segments; turn nothing off.", entity, branch_ends[0]),
            images: manual("Keep what is in memory", "Take images; hash them.", team, branch_ends[1]),
            branch_ends[0]: {"type": "end"},
            branch_ends[1]: {"type": "end"},
            block: {
                "type": "action",
                "name": "Block the control servers",
                "commands": [
                    {
                        "type": "openc2-http",
                        "command": "POST /openc2 HTTP/1.1",
                        "content_b64": b64encode(DENY).decode(),
                    }
                ],
                "agent": firewall,
                "on_completion": joined,
            },
            joined: manual("Look for the same elsewhere", "Search logs of a month for the indicators.", team, intact),
            intact: {
                "type": "if-condition",
                "name": "Are the backups intact?",
                "condition": "__backups_intact__:value = 'true'",
                "on_true": restore,
                "on_false": call,
                "on_completion": end,
            },
            restore: manual("Restore", "First what people need; new passwords.", entity, branch_ends[2]),
            call: manual("Call for assistance", "Ask for people; say which skills.", team, branch_ends[3]),
            branch_ends[2]: {"type": "end"},
            branch_ends[3]: {"type": "end"},
            end: {"type": "end", "name": "The first day is over"},
        },
    }
