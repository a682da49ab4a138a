"""Four eyes: what waits for a second person, who reads it before it is published, and the organisation's rule."""

from litestar.types import ControllerRouterHandler

from egnatia.web.review.deciding import decided, review
from egnatia.web.review.listing import reviews, ruled

PAGES: tuple[ControllerRouterHandler, ...] = (reviews, ruled, review, decided)
"""Every page of this folder."""
