"""Reads the members of one document or entry, and notes each that is not what it must be."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from application.exchange.defects import Findings
from application.exchange.extended_types import date, whole_number
from domain.errors import LimitExceeded, TextRefused
from domain.ids import IssueId, NodeId
from domain.panoramas.decide_checks import check_name, check_title
from domain.panoramas.facts import Kind
from domain.panoramas.limits import ISSUE

EARLIEST: Final = 1970
"""The first year that a node can have been made in."""

_ID: Final = re.compile(r"[0-9a-fA-F]{24}")


class Fields:
    """The members of one document; each method returns one of them, or None after noting a defect."""

    def __init__(self, members: Mapping[str, object], where: str, findings: Findings) -> None:
        self._members = members
        self._findings = findings
        self.where = where

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._members.get(name) is not None

    def unknown(self, known: AbstractSet[str]) -> bool:
        """Whether there is a member that is none of `known`."""
        return not self._members.keys() <= known

    def only(self, known: AbstractSet[str]) -> None:
        """Note a defect if there is a member that is none of `known`."""
        if self.unknown(known):
            self.defect("has a member that does not belong there")

    def value(self, name: str) -> object:
        """Return whatever the member is; None if it is not there."""
        return self._members.get(name)

    def identity(self, name: str) -> NodeId | None:
        """Return an id of 24 hex characters, in lower case."""
        value = self._members.get(name)
        if isinstance(value, str) and _ID.fullmatch(value):
            return NodeId(value.lower())
        self.defect(f"{name} is no id of 24 hex characters")
        return None

    def identities(self, name: str) -> tuple[NodeId, ...] | None:
        """Return a list of ids, in its order."""
        values = self._members.get(name)
        if isinstance(values, list) and all(isinstance(value, str) and _ID.fullmatch(value) for value in values):
            return tuple(NodeId(value.lower()) for value in values)
        self.defect(f"{name} is no list of ids of 24 hex characters")
        return None

    def exactly(self, name: str, expected: object, meaning: str) -> None:
        """Note a defect unless the member is `expected`, which `meaning` says in words."""
        if self._members.get(name) != expected:
            self.defect(f"{name} is not {meaning}")

    def kind(self, name: str) -> Kind | None:
        """Return the kind of a node."""
        value = self._members.get(name)
        for kind in Kind:
            if value == kind.value:
                return kind
        self.defect(f"{name} is not one of {', '.join(kind.value for kind in Kind)}")
        return None

    def subject(self, kind: Kind | None, issue: str, title: str) -> tuple[IssueId | None, str | None]:
        """Return what a node of that kind stands for: an issue's id or a title, of the members so called."""
        if kind is None:
            return None, None
        if kind is Kind.ISSUE:
            return self._issue(issue), None
        return None, self._text(title, check_title)

    def moment(self, name: str) -> datetime | None:
        """Return a moment, in UTC."""
        value = self._members.get(name)
        moment = value if isinstance(value, datetime) else date(value) if isinstance(value, str) else None
        if moment is not None and moment.year >= EARLIEST:
            return moment
        self.defect(f"{name} is no date from {EARLIEST} to 9999")
        return None

    def name(self, name: str) -> str | None:
        """Return the name of a panorama."""
        return self._text(name, check_name)

    def flag(self, name: str) -> bool | None:
        """Return a truth value; False if the member is not there."""
        value = self._members.get(name, False)
        if isinstance(value, bool):
            return value
        self.defect(f"{name} is neither true nor false")
        return None

    def defect(self, what: str) -> None:
        """Note that something is wrong with this document."""
        self._findings.defects.add(self.where, what)

    def _issue(self, name: str) -> IssueId | None:
        value = whole_number(self._members.get(name))
        if value is not None and 1 <= value <= ISSUE:
            return IssueId(value)
        self.defect(f"{name} is no whole number from 1 to {ISSUE}")
        return None

    def _text(self, name: str, check: Callable[[str], None]) -> str | None:
        value = self._members.get(name)
        if not isinstance(value, str):
            self.defect(f"{name} is no text")
            return None
        try:
            check(value)
        except (LimitExceeded, TextRefused) as error:
            self.defect(f"{name} is not accepted ({error.code})")
            return None
        return value
