"""What click says around the commands, in the site's language.

Each of its modules asks gettext, which would look for compiled catalogues in folders of
the system; and click brings no Russian.
"""

from click import core, decorators, exceptions, formatting, parser, types

from feedsvc.i18n import N_, NN_, translations

MODULES = (core, decorators, exceptions, formatting, parser, types)
# All that can come up with commands as ours are.
SAID = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("Try '{command} {option}' for help."),
    N_("Error: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Aborted!"),
)
COUNTED = (
    NN_("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    NN_("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    NN_("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    NN_("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
)


def speak(language: str) -> None:
    """Have click speak a language, one of `LANGUAGES`, in this process."""
    known = translations(language)
    for module in MODULES:
        vars(module).update(_=known.gettext, ngettext=known.ngettext)
