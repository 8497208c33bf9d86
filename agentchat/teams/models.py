"""The models that files name: tiers and names, by `agentchat.toml`, the environment, and what a team says of its own.

Nothing is asked here, and no key is read: which of the models can be reached shows with the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentchat.errors import ConfigurationError
from agentchat.models.catalog import Catalog, Choice, load_catalog
from agentchat.models.openai import OpenAIModel
from agentchat.models.pricing import completed
from agentchat.seams import Model
from agentchat.settings import no_model


class Models:
    """Finds models.

    instead: takes the place of whatever is named. default: what is taken where nothing is named; None is an error then.
    catalog: tiers and settings, by default those of the settings file. missing: makes the error of a tier that nothing
    stands for. Prices and windows come from the table that ships where the settings name none.
    """

    def __init__(
        self,
        *,
        instead: Model | str | None = None,
        default: str | None = None,
        catalog: Catalog | None = None,
        missing: Callable[[str], ConfigurationError] = no_model,
    ) -> None:
        self._instead = instead
        self._default = default
        self.catalog = load_catalog() if catalog is None else catalog
        self._missing = missing
        self._made: dict[tuple[str, str | None], Model] = {}

    def within(self, catalog: Catalog) -> Models:
        """The same with another catalogue."""
        return Models(instead=self._instead, default=self._default, catalog=catalog, missing=self._missing)

    def of(self, spec: str | Sequence[str] | None) -> tuple[Model, ...]:
        """The models of a specification, the usual one first. Raises ConfigurationError for what stands for none."""
        given = self._instead or spec or self._default
        if given is None:
            raise ConfigurationError("names no model, and none was given")
        if not isinstance(given, str | Sequence):
            return (given,)
        return tuple(model for name in ([given] if isinstance(given, str) else given) for model in self._named(name))

    def stronger(self, spec: str | None) -> Model | None:
        """The model for the last repair; none where all models are replaced by one."""
        return None if spec is None or self._instead is not None else self._named(spec)[0]

    def missing(self, spec: str | Sequence[str] | None) -> ConfigurationError | None:
        """The error of the first tier of a specification that nothing stands for; None where there is none."""
        given = self._instead or spec or self._default
        names = (given,) if isinstance(given, str) else given if isinstance(given, Sequence) else ()
        known = self.catalog.known_tiers()
        unset = [name for name in names if name in known and self.catalog.mapping(name) is None]
        return self._missing(unset[0]) if unset else None

    def missing_stronger(self, spec: str | None) -> ConfigurationError | None:
        """The same of the model for the last repair."""
        return None if spec is None or self._instead is not None else self.missing(spec)

    def _named(self, name: str) -> tuple[Model, ...]:
        missing = self.missing(name)
        if missing is not None and self._instead != name:
            raise missing
        return tuple(self._model(choice) for choice in self.catalog.resolve(name))

    def _model(self, choice: Choice) -> Model:
        key = (choice.name, choice.tier)
        if key not in self._made:
            options = completed(choice).options
            self._made[key] = OpenAIModel(choice.name, tier=choice.tier, **options)  # type: ignore[misc]  # its config is no key
        return self._made[key]
