"""What a step of the conversion is: what it needs, what it makes, and what then holds of it."""

from abc import ABC, abstractmethod

from converter.forms.made import Made


class Step(ABC):
    """One hop of the conversion. A subclass is a frozen dataclass: what the step works on, and where to."""

    @property
    @abstractmethod
    def hop(self) -> str:
        """The hop's name, as in `conversion.json`."""

    def require(self) -> None:  # noqa: B027 - some need nothing beyond what they are made of
        """Raise an error unless the step can be done; nothing is written before."""

    @abstractmethod
    def make(self) -> Made:
        """Write the form."""

    @abstractmethod
    def ensure(self, made: Made) -> None:
        """Raise `ConversionError` unless what was written is what the step promises."""

    def run(self) -> Made:
        """Do the step: precondition, work, postcondition.

        Raises:
            MattekitError: one of them fails; which kind, the step says.
        """
        self.require()
        made = self.make()
        self.ensure(made)
        return made
