"""What a person reads in their own language: words, plurals, dates, numbers, the names of economies."""

from egnatia.web.language.declared import LANGUAGES, Language, preferred
from egnatia.web.language.speech import Speech, speech

__all__ = ["LANGUAGES", "Language", "Speech", "preferred", "speech"]
