"""What can go wrong, in words for people: name, place, what was found, what is allowed."""


class KehuError(Exception):
    """Any mistake that is the user's to mend; its text is all that is shown."""


class SettingsError(KehuError):
    """The settings file is wrong: nothing was done."""


class DeliveryError(KehuError):
    """A delivery cannot be read: none of it was loaded, everything else stands."""


class LakeError(KehuError):
    """The lake cannot be read or written as it should."""


class PublishError(KehuError):
    """Publication failed: what was published before still stands."""


def first_line(error: Exception) -> str:
    """The first line of a library's message, the driver's own where there is one: the rest is advice on its options."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
