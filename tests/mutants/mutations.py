"""Prints changes that mutmut makes of the given files of the tree, as JSON. Runs with the Python of mutmut's own environment
(`make mutation`), which knows nothing of the hub.

Texts are left as they are, also as arguments: what is said to people has tests of its own kind. So is `strict` of `zip`, with
which the code checks itself.
"""

import json
import random
import sys
from pathlib import Path

import libcst
from libcst import matchers
from mutmut.mutation import file_mutation

TEXTS = (libcst.SimpleString, libcst.FormattedString, libcst.ConcatenatedString)
STRICT = matchers.Arg(keyword=matchers.Name("strict"))


class AlsoDecorated(file_mutation.MutationVisitor):
    """mutmut leaves decorated functions out, because it writes them again under other names. Here only their code changes."""

    def _skip_node_and_children(self, node: libcst.CSTNode) -> bool:
        bare = node.with_changes(decorators=()) if isinstance(node, libcst.FunctionDef) else node
        return super()._skip_node_and_children(bare)


file_mutation.MutationVisitor = AlsoDecorated


def is_tried(one: file_mutation.Mutation) -> bool:
    """Whether it is inside of a function, and of something else than a text or `strict`."""
    # In the body of a class, mutmut names the statement instead of a function.
    if not isinstance(one.contained_by_top_level_function, libcst.FunctionDef):
        return False
    if isinstance(one.original_node, libcst.Call) and isinstance(one.mutated_node, libcst.Call):
        left = {id(argument) for argument in one.mutated_node.args}
        return not any(
            isinstance(argument.value, TEXTS) or matchers.matches(argument, STRICT)
            for argument in one.original_node.args
            if id(argument) not in left
        )
    return not isinstance(one.original_node, TEXTS)


def main(sample: str, seed: str, *files: str) -> None:
    """For each change: its file and function, what was there, what is there now, the whole text. `sample`: how many of each
    file at the most, chosen by `seed`; 0 for all."""
    found = []
    for file in files:
        module, mutations, *_ = file_mutation.create_mutations(file, Path(file).read_text(encoding="utf-8"))
        strict = {id(argument.value) for argument in matchers.findall(module, STRICT)}
        wanted = [one for one in mutations if is_tried(one) and id(one.original_node) not in strict]
        if 0 < int(sample) < len(wanted):
            wanted = random.Random(int(seed)).sample(wanted, int(sample))
        for one in wanted:
            before, after = (
                " ".join(module.code_for_node(node).split()) for node in (one.original_node, one.mutated_node)
            )
            found.append(
                {
                    "file": file,
                    "function": one.contained_by_top_level_function.name.value,
                    "before": before,
                    "after": after,
                    "source": file_mutation.deep_replace(module, one.original_node, one.mutated_node).code,
                }
            )
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
