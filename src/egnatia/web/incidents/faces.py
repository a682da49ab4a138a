"""How people see the record types of this domain."""

from typing import Final

from egnatia.web.language.speech import N_
from egnatia.web.record.faces import face

FACES: Final = (
    face("incident-aggregate", N_("Incidents in numbers"),
          N_("How many incidents an organisation has open, without any detail of them"),
          "economy at whole breakdowns"),
    face("response-roster", N_("Roster"), N_("The people of an organisation who may join a response team"),
          "economy responders contact"),
)  # fmt: skip
