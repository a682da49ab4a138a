"""Notices: what a person is told, where they read it, and by which ways it reaches them."""

from egnatia.web.notices.pages import PAGES

__all__ = ["PAGES"]
