"""Prints changes that mutmut makes of the given files of the tree, as JSON. Runs with the Python of mutmut's own environment
(`make mutation`), which knows nothing of the hub.

Texts are left as they are: what is said to people has tests of its own kind.
"""

import json
import random
import sys
from pathlib import Path

import libcst
from mutmut.mutation.file_mutation import create_mutations, deep_replace

TEXTS = (libcst.SimpleString, libcst.FormattedString, libcst.ConcatenatedString)


def main(sample: str, seed: str, *files: str) -> None:
    """For each change: its file and function, what was there, what is there now, the whole text. `sample`: how many of each
    file at the most, chosen by `seed`; 0 for all."""
    found = []
    for file in files:
        module, mutations, *_ = create_mutations(file, Path(file).read_text(encoding="utf-8"))
        wanted = [
            one
            for one in mutations
            if one.contained_by_top_level_function and not isinstance(one.original_node, TEXTS)
        ]
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
                    "source": deep_replace(module, one.original_node, one.mutated_node).code,
                }
            )
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
