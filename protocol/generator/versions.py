"""Ranges of message versions: "3+", "0-9", "4" or "none"."""

from dataclasses import dataclass
from typing import Optional

END = 32767


@dataclass(frozen=True)
class Versions:
    low: int
    high: int  # END when open

    @staticmethod
    def parse(text: str) -> Optional["Versions"]:
        text = text.strip()
        if text == "none":
            return None
        if text.endswith("+"):
            return Versions(int(text[:-1]), END)
        low, dash, high = text.partition("-")
        return Versions(int(low), int(high if dash else low))

    def __contains__(self, version: int) -> bool:
        return self.low <= version <= self.high

    def __str__(self) -> str:
        if self.high == END:
            return f"{self.low}+"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def clip(self, other: "Versions") -> Optional["Versions"]:
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Versions(low, high) if low <= high else None


def show(versions: Optional[Versions]) -> str:
    return "none" if versions is None else str(versions)


def contains(versions: Optional[Versions], version: int) -> bool:
    return versions is not None and version in versions
