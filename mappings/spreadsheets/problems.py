"""What can be wrong with a spreadsheet, in words with line and column."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CellProblem:
    """One thing that keeps a file from being read. `line` is the sheet's own number; None: the file as a whole."""

    line: int | None
    text: str
    column: str = ""

    @property
    def reason(self) -> str:
        """The sentence without its line, for lists that name the line themselves."""
        return f"{self.column}: {self.text}" if self.column else self.text

    def __str__(self) -> str:
        if self.line is None:
            return self.reason
        place = f"Line {self.line}, {self.column}" if self.column else f"Line {self.line}"
        return f"{place}: {self.text}"


class UnreadableFile(ValueError):
    """The file cannot be read; `problems` say why, each with its line and column where it has one."""

    def __init__(self, *problems: CellProblem | str) -> None:
        self.problems = [one if isinstance(one, CellProblem) else CellProblem(None, one) for one in problems]
        super().__init__(" ".join(str(problem) for problem in self.problems))


def column_letter(index: int) -> str:
    """The letters above a column in a spreadsheet program; the first column is 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
