"""Options that every command takes, and how commands are declared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from posthog_environments.cli.session import OUTPUTS, Session

if TYPE_CHECKING:
    AnyType = click.ParamType[Any, Any]
else:
    AnyType = click.ParamType  # older releases cannot be subscripted


class _Output(click.Choice if not TYPE_CHECKING else click.Choice[str]):  # type: ignore[misc]
    """The forms of the output; what people look for here but is elsewhere gets a hint."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value).lower() in ("parquet", "xlsx", "excel", "arrow"):
            self.fail(
                f"{value} is no form for a stream; `query` and `events export` write Parquet with --to FILE.parquet",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


def _note(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is not None:
        assert param.name is not None
        setattr(ctx.ensure_object(Session), param.name, value)


def shared(*, hidden: bool) -> list[click.Parameter]:
    """The options of `posthog-environments` itself, which may also stand behind the name of a command."""
    common: dict[str, Any] = {"expose_value": False, "callback": _note, "hidden": hidden}
    return [
        click.Option(
            ["--project"],
            metavar="ID",
            help="Project (environment) number; by default $POSTHOG_PROJECT_ID.",
            **common,
        ),
        click.Option(
            ["--host"],
            metavar="HOST",
            help="us, eu, or the URL of another PostHog; by default $POSTHOG_HOST, else us.",
            **common,
        ),
        click.Option(
            ["--api-root"],
            type=click.Choice(["environments", "projects"]),
            help="Root of the paths; PostHog is moving from environments (the default) to projects.",
            **common,
        ),
        click.Option(
            ["--key-file"],
            metavar="FILE",
            help="File with the personal API key; - reads it from standard input.",
            **common,
        ),
        click.Option(
            ["--timeout"],
            type=click.FloatRange(min=0, min_open=True),
            help="Seconds for each call, retries included.",
            **common,
        ),
        click.Option(
            ["-o", "--output"],
            type=_Output(OUTPUTS),
            help="Form of the output; by default a table on a terminal, else JSON Lines or JSON.",
            **common,
        ),
        click.Option(
            ["--progress/--no-progress"],
            default=None,
            help="Show progress on standard error; by default where it is a terminal.",
            **common,
        ),
    ]


_EXAMPLES: Final = "Examples:"


class Command(click.Command):
    """A command that also takes the shared options, and may have examples in its help."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples = examples
        taken = {name for parameter in self.params for name in parameter.opts}
        self.params = [*self.params, *(one for one in shared(hidden=True) if not taken & set(one.opts))]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            formatter.write_paragraph()
            formatter.write(f"{_EXAMPLES}\n")
            for example in self.examples:
                formatter.write(f"  {ctx.find_root().info_name} {example}\n")
        formatter.write_paragraph()
        formatter.write(
            "The options of posthog-environments (-o, --project, --host, ...) may stand here too.\n"
        )
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """A group whose commands take the shared options."""

    command_class = Command


def confirm(question: str, *, yes: bool, instead: str = "") -> None:
    """Ask before something that cannot be undone.

    Raises:
        click.UsageError: There is nobody to ask.
        click.Abort: The answer was no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"nobody to ask: add --yes{instead}")
    click.confirm(question, abort=True, err=True)
