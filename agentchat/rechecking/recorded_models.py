"""The models of team files and personas as a record has them, so that a check needs no settings, no key and no server.

A tier, and a model by its name, stands for what it stood for when the conversation was held. What a team file says of
its own (its tiers, its settings of a model) comes first: a change there is one of the team.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentchat.errors import ConfigurationError
from agentchat.models.catalog import Catalog
from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import Charter
from agentchat.rechecking.recorded import CardModel
from agentchat.seams import Model
from agentchat.teams.models import Models


class RecordedModels(Models):
    """Finds models in a record first. cards: its models, in the order of its agents."""

    def __init__(
        self, cards: Sequence[ModelCard], *, catalog: Catalog | None = None, own: Catalog | None = None
    ) -> None:
        super().__init__(default="smart", catalog=catalog)
        self._cards = tuple(cards)
        self._own = own or Catalog()

    def within(self, catalog: Catalog) -> Models:
        """The same with a team file's own catalogue."""
        before = self.catalog
        tiers = {name: found for name, found in catalog.tiers.items() if before.tiers.get(name) != found}
        models = {name: found for name, found in catalog.models.items() if before.models.get(name) != found}
        return RecordedModels(self._cards, catalog=catalog, own=Catalog(catalog.path, tiers, models))

    def of(self, spec: str | Sequence[str] | None) -> tuple[Model, ...]:
        """The models of a specification, each once."""
        found: list[Model] = []
        for model in super().of(spec):
            if all(model.card() != one.card() for one in found):
                found.append(model)
        return tuple(found)

    def stronger(self, spec: str | None) -> Model | None:
        """The model for the last repair; none where one model took the place of all, as the record shows."""
        return None if spec is None or self._instead_of(spec) is not None else super().stronger(spec)

    def missing(self, spec: str | Sequence[str] | None) -> ConfigurationError | None:
        """Of what the record does not know."""
        names = [spec or "smart"] if isinstance(spec, str | None) else spec
        unknown = [name for name in names if not self._recorded(name)]
        return super().missing(unknown) if unknown else None

    def _named(self, name: str) -> tuple[Model, ...]:
        recorded = self._recorded(name)
        return tuple(CardModel(card) for card in recorded) if recorded else super()._named(name)

    def _recorded(self, name: str) -> list[ModelCard]:
        """What a name stands for in the record."""
        if name in self._own.tiers or name in self._own.models:
            return []
        cards: list[ModelCard] = []
        for card in self._cards:
            if name in (card.tier, card.name) and card not in cards:
                cards.append(card)
        instead = self._instead_of(name)
        return cards or ([] if instead is None else [instead])

    def _instead_of(self, name: str) -> ModelCard | None:
        """The one model of a record that took the place of all that were named, as `run --model` does."""
        names = {card.name for card in self._cards}
        tiers = {card.tier for card in self._cards}
        alone = len(names) == 1 and tiers == {None} and name in self.catalog.known_tiers()
        return self._cards[0] if alone and name not in self._own.tiers else None


def models_of(charter: Charter) -> RecordedModels:
    """The models that a conversation agreed on."""
    return RecordedModels([card for agent in charter.agents for card in agent.models()])
