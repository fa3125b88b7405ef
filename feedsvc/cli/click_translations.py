"""The command line in the site's language: what the commands say, and what click adds to it.

Each module of click asks gettext, which would look for compiled catalogues in the system's
folders; and click comes without any Russian.
"""

import click
from click import core, decorators, exceptions, formatting, parser, types

from feedsvc.i18n import N_, NN_, translations

MODULES = (core, decorators, exceptions, formatting, parser, types)
# All texts of click that our commands can lead to.
TEXTS = (
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
PLURALS = (
    NN_("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    NN_("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    NN_("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    NN_("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
)


def translate(group: click.Group, language: str) -> None:
    """Translate a group, its commands and click itself, in this process, into a language."""
    known = translations(language)
    for module in MODULES:
        vars(module).update(_=known.gettext, ngettext=known.ngettext)
    group.subcommand_metavar = known.gettext(N_("COMMAND [ARGS]..."))
    for command in (group, *group.commands.values()):
        assert command.help
        command.help = known.gettext(command.help)
        command.options_metavar = known.gettext(N_("[OPTIONS]"))
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help
                option.help = known.gettext(option.help)
            option.metavar = option.metavar and known.gettext(option.metavar)
            option.type.name = known.gettext(option.type.name)
