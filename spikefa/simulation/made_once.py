"""Objects that read their arguments only when they are made."""

from spikefa.errors import require


class MadeOnce:
    """Refuses to set attributes once ``made`` is True, because nothing would follow from it."""

    made: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        require(
            not self.made,
            f"{name} cannot be set: a {type(self).__name__} reads its arguments when it is made. "
            f"Make another with {name}=..., or use set_learning_rates, freeze or switch",
        )
        super().__setattr__(name, value)
