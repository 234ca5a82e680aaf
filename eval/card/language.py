"""The languages that cards are written in, and where a card of each lies in its run's folder."""

from typing import Literal, get_args

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CARD_FILES: dict[Language, str] = {"en": "card.md", "ja": "card.ja.md"}
