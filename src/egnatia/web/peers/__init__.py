"""Whom this node exchanges with: how it goes, and how people pair nodes."""

from litestar.types import ControllerRouterHandler

from egnatia.web.peers.changing import pause, removal, remove, rescope, resume
from egnatia.web.peers.listing import peer, peers
from egnatia.web.peers.pairing import accept, accepting, compare, comparing, invitation, invite

PAGES: tuple[ControllerRouterHandler, ...] = (
    peers,
    invitation,
    invite,
    accepting,
    accept,
    comparing,
    compare,
    peer,
    pause,
    resume,
    rescope,
    removal,
    remove,
)
"""Every page of this folder."""
