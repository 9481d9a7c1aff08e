"""Putting a changed function in the place of the one that is loaded, wherever it has been imported to."""

from __future__ import annotations

import ast
import gc
import importlib
from collections import Counter
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType

from tests.mutants.catalog import ROOT


class NotSwappedError(Exception):
    """The change is not in force: it is not, or not only, inside of a function."""


Loaded = dict[tuple[str, str], list[FunctionType]]


def loaded_functions(files: Iterable[str]) -> Loaded:
    """The functions of these files of the tree, with their methods, by file and name: all that Python holds of them."""
    wanted = {str(ROOT / file): file for file in files}
    for file in wanted.values():
        importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    found: Loaded = {}
    # What was put aside after loading is looked through, too.
    gc.unfreeze()
    for one in gc.get_objects():
        # Not isinstance, which asks a weak proxy for its class: another test may have left one of something that is gone.
        if type(one) is FunctionType and (file := wanted.get(one.__code__.co_filename)):
            found.setdefault((file, one.__code__.co_qualname), []).append(one)
    return found


def swap(file: str, source: str, loaded: Loaded) -> None:
    """The module of this file works as this source says from now on, for this process.

    Functions and methods only. Raises NotSwappedError when nothing is changed, or something else is.
    """
    before = (ROOT / file).read_text(encoding="utf-8")
    was = compile(before, str(ROOT / file), "exec")
    becomes = compile(source, str(ROOT / file), "exec")
    old, new = dict(_functions(was)), dict(_functions(becomes))
    counts = Counter(name for name, _ in _functions(becomes))
    # Of a property and its setter, or two lambdas in one line, it cannot be told which is which.
    clear = {name for name in new if counts[name] == 1}
    changed = {name: new[name] for name in clear if _essence(new[name]) != _essence(old.get(name))}
    if old.keys() != new.keys() or not changed or _outside(before) != _outside(source):
        raise NotSwappedError(f"{file}: what was changed is not inside of a function")
    for name, code in changed.items():
        if not (places := loaded.get((file, name))):
            raise NotSwappedError(f"{file}: {name} is not loaded")
        for function in places:
            function.__code__ = code


def _is_function(code: CodeType) -> bool:
    """Whether it has names of its own, which the body of a class has not (CO_NEWLOCALS)."""
    return bool(code.co_flags & 0x2)


def _functions(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """The functions of a module and the methods of its classes; what is inside of these belongs to them."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if _is_function(constant):
                yield constant.co_qualname, constant
            else:
                yield from _functions(constant)


def _essence(code: CodeType | None) -> object:
    """What a function does, wherever it stands in its file."""
    if code is None:
        return None
    constants = tuple(
        _essence(one) if isinstance(one, CodeType) else (type(one), one) for one in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars


def _outside(source: str) -> str:
    """What a module does when it is loaded, but for what is inside of its functions.

    Read from the text: from Python 3.13 on, a compiled class tells in which line of the file it begins.
    """
    return ast.dump(_WithoutBodies().visit(ast.parse(source)))


class _WithoutBodies(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = []
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.body = ast.Constant(None)
        return self.generic_visit(node)
