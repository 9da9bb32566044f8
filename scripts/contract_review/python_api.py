"""What changed for those who import the two packages, as griffe sees it without running them.

Public is what `public_modules.py` names, and of the generated package what a module with `__all__` exports and the
functions and resource classes of every operation. The lazy exports (PEP 562) are seen because the modules repeat them under `TYPE_CHECKING`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import griffe

from contract_diffing.changes import CALLERS, READERS, TYPES, Change, Level
from public_modules import EXPORTING, HELD, RESOURCES

PACKAGES = {"posthog_environments_api": "generated", "posthog_environments": "src"}
_FACADE = "posthog_environments"
# Packages of which every module counts, because users import the modules themselves.
_OPEN = ("posthog_environments_api.api", "posthog_environments_api.resources", RESOURCES)
# A value that changed is seen where it has a meaning: in the contract, or in the signature that uses it.
_SILENT = {griffe.BreakageKind.ATTRIBUTE_CHANGED_VALUE}
_WHO = {
    griffe.BreakageKind.RETURN_CHANGED_TYPE: TYPES,
    griffe.BreakageKind.ATTRIBUTE_CHANGED_TYPE: (*READERS, *TYPES),
}
_IGNORED = {"annotations", "TYPE_CHECKING", "Any"}


def compare_packages(old: Path, new: Path, packages: dict[str, str] | None = None) -> list[Change]:
    """Changes of the public names between two source trees."""
    found: dict[tuple[str, str, str], Change] = {}
    chosen = {
        package: folder
        for package, folder in (packages or PACKAGES).items()
        if (old / folder / package).is_dir()
    }
    before, after = load(old, chosen), load(new, chosen)
    for package in chosen:
        for change in _compare(before[package], after[package]):
            found.setdefault((change.rule, change.place, str(change.before)), change)
    return sorted(found.values(), key=lambda one: (one.level != "breaking", one.place, one.rule))


def load(root: Path, packages: dict[str, str]) -> dict[str, griffe.Module]:
    """The packages of one tree together, so that what one takes from another is found."""
    loader = griffe.GriffeLoader(
        search_paths=[root / folder for folder in packages.values()], allow_inspection=False
    )
    found = {package: loader.load(package) for package in packages}
    loader.resolve_aliases(implicit=True, external=False)
    modules = {name: module for name, module in found.items() if isinstance(module, griffe.Module)}
    assert len(modules) == len(packages)
    return modules


def _compare(old: griffe.Module, new: griffe.Module) -> Iterator[Change]:
    before, after = surface(old), surface(new)
    for name in sorted(before.keys() - after.keys()):
        if _parent(name) in after or _parent(name) not in before:
            yield _change("breaking", "name-removed", name, CALLERS, "is no longer there", name, None)
    for name in sorted(after.keys() - before.keys()):
        if _parent(name) in before or _parent(name) not in after:
            yield _change("additive", "name-added", name, CALLERS, "is new", None, name)
    public = {canonical for canonical in before.values() if canonical}
    for breakage in griffe.find_breaking_changes(old, new):
        path = breakage.obj.canonical_path
        if breakage.kind in _SILENT or breakage.kind is griffe.BreakageKind.OBJECT_REMOVED:
            continue  # names that went are counted above, by the way users write them
        if path not in public:
            continue
        what = breakage.kind.value[:1].lower() + breakage.kind.value[1:]
        details = breakage.as_dict()
        before_value, after_value = _text(details.get("old_value")), _text(details.get("new_value"))
        shown = f": {before_value} -> {after_value or 'gone'}" if before_value != after_value else ""
        rule = breakage.kind.name.lower().replace("_", "-")
        who = _WHO.get(breakage.kind, CALLERS)
        yield _change("breaking", rule, path, who, what + shown, before_value, after_value)
    yield from _annotations(old, new, before, after)


def _annotations(
    old: griffe.Module, new: griffe.Module, before: dict[str, str], after: dict[str, str]
) -> Iterator[Change]:
    """Annotations of parameters and fields, which griffe does not compare; equal texts are equal types."""
    for name in sorted(before.keys() & after.keys()):
        one, other = _get(old, name), _get(new, name)
        if one is None or other is None or name == old.path:
            continue
        if one.is_attribute and other.is_attribute and str(one.annotation) != str(other.annotation):
            texts = str(one.annotation), str(other.annotation)
            message = f"type changed: {texts[0]} -> {texts[1]}"
            yield _change("breaking", "attribute-type-changed", name, TYPES, message, *texts)
        if one.is_function and other.is_function:
            for parameter in one.parameters:
                if parameter.name not in other.parameters:
                    continue
                texts = str(parameter.annotation), str(other.parameters[parameter.name].annotation)
                if texts[0] != texts[1]:
                    wider = set(texts[0].split(" | ")) < set(texts[1].split(" | "))
                    level: Level = "additive" if wider else "breaking"
                    message = f"type of {parameter.name} changed: {texts[0]} -> {texts[1]}"
                    yield _change(level, "parameter-type-changed", name, TYPES, message, *texts)
            for parameter in other.parameters:
                if parameter.name not in one.parameters and not parameter.required:
                    message = f"parameter {parameter.name} is new"
                    yield _change("additive", "parameter-added", name, CALLERS, message, None, parameter.name)


def surface(package: griffe.Module) -> dict[str, str]:
    """Every public name as users write it, with the place where it is really defined."""
    found: dict[str, str] = {}
    for module in _modules(package):
        names = _public_names(module)
        if names is None:
            continue
        found[module.path] = module.path
        for name in names:
            if name in _IGNORED or name not in module.members:
                continue
            found.update(_members(f"{module.path}.{name}", module.members[name]))
    return found


def _public_names(module: griffe.Module) -> Iterable[str] | None:
    """What a module promises; None where it promises nothing."""
    if module.path in HELD:
        return HELD[module.path]
    if module.exports is not None and (module.path in EXPORTING or module.package.path != _FACADE):
        return [str(name) for name in module.exports]
    if module.path.startswith(_OPEN) and not module.path.endswith((".callers", ".lazy")):
        return [
            name
            for name, member in module.members.items()
            if not name.startswith("_") and not member.is_alias and not member.is_module
        ]
    return None


def _modules(package: griffe.Module) -> Iterator[griffe.Module]:
    yield package
    for name, module in package.modules.items():
        if not name.startswith("_") and isinstance(module, griffe.Module):
            yield from _modules(module)


def _members(path: str, member: Any) -> Iterator[tuple[str, str]]:
    """A name and, for classes of ours, what hangs on it."""
    try:
        target = member.final_target if member.is_alias else member
    except griffe.AliasResolutionError:
        yield path, ""  # of another package
        return
    yield path, target.path
    if not target.is_class:
        return
    try:
        inner = target.all_members
    except (griffe.AliasResolutionError, KeyError):
        inner = target.members
    for name, one in inner.items():
        if name.startswith("_") and name != "__init__":
            continue
        try:
            kept = one.final_target if one.is_alias else one
        except griffe.AliasResolutionError:
            continue
        if not kept.is_module:
            yield f"{path}.{name}", kept.path


def _get(package: griffe.Module, path: str) -> Any:
    try:
        found: Any = package[path.removeprefix(f"{package.path}.")]
        return found.final_target if found.is_alias else found
    except (KeyError, griffe.AliasResolutionError):
        return None


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _change(
    level: Level, rule: str, path: str, who: tuple[str, ...], message: str, before: object, after: object
) -> Change:
    short = ".".join(path.split(".")[-2:])
    return Change(level, rule, path, who, f"{path} {message}", before, after, subject=short)
