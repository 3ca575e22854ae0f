"""What must hold for the repository itself: nothing of one machine in it, and every exception with its reason."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import pytest

from tests.shared_material import REPOSITORY

LINE_LIMIT: Final = 400
LOCKS: Final = ("requirements/deploy.txt", "requirements/dev.txt", "requirements/runtime.txt")
OUR_PACKAGES: Final = frozenset({"domain", "ports", "application", "adapters", "entrypoints"})


def committed(*patterns: str) -> list[Path]:
    """The files under one of the patterns, in order of their paths: what git keeps, and what it would not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    return [path for line in sorted(listed.splitlines()) if (path := REPOSITORY / line).is_file()]


def read(path: str | Path) -> str:
    """The text of a file of the repository."""
    return (REPOSITORY / path).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads(read("pyproject.toml"))


def distribution(requirement: str) -> str:
    """The normal form of the name that a requirement begins with."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[._-]+", "-", name[0]).lower()


def locked(lock: str) -> dict[str, list[str]]:
    """The requirements of a lock file by their lines without comments: the pin, and the hashes that go with it."""
    lines = [line for line in read(lock).splitlines() if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    return {words[0]: words[1:] for entry in entries if (words := entry.replace("\\\n", " ").split())}


class _WithoutTypes(ast.NodeTransformer):
    """Leaves out what only type checkers see."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """Drop `if TYPE_CHECKING:`."""
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else self.generic_visit(node)


def imported(source: str) -> set[str]:
    """The top-level packages that a module imports when it runs, wherever in it."""
    names = set[str]()
    for node in ast.walk(_WithoutTypes().visit(ast.parse(source))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_is_pinned_and_hashed(lock: str) -> None:
    """A lock file takes exactly one release of each package, and only files that it knows the hash of."""
    entries = locked(lock)

    assert entries
    for pin, hashes in entries.items():
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[0-9][^ ]*", pin), pin
        assert hashes, pin
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), pin


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_name_no_place_to_load_from(lock: str) -> None:
    """Where packages come from is the machine's business: no host, no index, no folder is locked in."""
    assert not re.search(r"://|--(index|extra|find|trusted)|file:", read(lock))


def test_everything_that_the_project_depends_on_is_locked() -> None:
    """What pyproject.toml asks for is in the lock files; the runtime's in the runtime's own."""
    declared = project()
    runtime, dev, deploy = ({distribution(pin) for pin in locked(lock)} for lock in reversed(LOCKS))

    assert {distribution(each) for each in declared["project"]["dependencies"]} <= runtime
    assert {distribution(each) for each in declared["dependency-groups"]["dev"]} <= dev
    assert {distribution(each) for each in declared["dependency-groups"]["deploy"]} <= deploy


def test_src_imports_only_what_is_declared() -> None:
    """Each package that the sources import is in the standard library, ours, or a declared dependency."""
    declared = {distribution(each) for each in project()["project"]["dependencies"]}
    providers = packages_distributions()
    for path in committed("src/*.py"):
        for name in imported(read(path)) - OUR_PACKAGES - sys.stdlib_module_names:
            assert {distribution(each) for each in providers[name]} & declared, (path, name)


def test_the_domain_imports_only_the_standard_library_and_msgspec() -> None:
    """The domain needs nobody's code but msgspec's, whatever else may be installed."""
    for path in committed("src/domain/*.py"):
        assert imported(read(path)) <= sys.stdlib_module_names | {"domain", "msgspec"}, path


def test_every_lint_exception_has_a_reason() -> None:
    """A rule is ignored only on a line of its own that says why."""
    pyproject = read("pyproject.toml")
    lint = project()["tool"]["ruff"]["lint"]
    ignored = [*lint["ignore"], *(rule for rules in lint["per-file-ignores"].values() for rule in rules)]

    for rule in ignored:
        assert re.search(rf'^    "{rule}", # \S.+\.$', pyproject, re.MULTILINE), rule


def test_every_silenced_finding_has_a_reason() -> None:
    """A comment that silences a checker names what it silences and says why on the same line."""
    silenced = re.compile(r"#\s*(noqa|type: ignore|pragma: no cover)(?P<rest>.*)")
    reasoned = re.compile(r"(: [A-Z0-9, ]+|\[[a-z, -]+\])?\s*(#|-|—)\s*\S+( \S+)+")
    for path in committed("src/*.py", "tests/*.py", "tools/*.py", "bench/*.py"):
        for line in read(path).splitlines():
            if found := silenced.search(line):
                assert reasoned.match(found["rest"]), f"{path}: {line.strip()}"


def constants(source: str) -> dict[str, list[ast.expr]]:
    """What each name of a module is set to, wherever in it."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                found[ast.unparse(target)].append(node.value)
    return found


def known_to(source: str, everywhere: dict[str, list[ast.expr]]) -> dict[str, list[ast.expr]]:
    """What the names that a module uses may be set to: in it, or where it imports them from."""
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in imported for alias in node.names}
    return {name: everywhere[name] for name in names & everywhere.keys()} | constants(source)


def patterns(source: str, everywhere: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The regular expressions of a module: what `re` is called with, and what is called `pattern`."""
    known = known_to(source, everywhere)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if ast.unparse(node.func).startswith("re.") and ast.unparse(node.func) != "re.escape":
            yield from texts(node.args[0], known)
        yield from (text for word in node.keywords if word.arg == "pattern" for text in texts(word.value, known))


def texts(node: ast.AST, known: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Every text of an expression, however it is put together, as a text; what is escaped is no pattern."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.escape":
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    if isinstance(node, ast.Name) and node.id in known:
        others = {name: values for name, values in known.items() if name != node.id}
        for value in known[node.id]:
            yield from texts(value, others)
    for part in ast.iter_child_nodes(node):
        yield from texts(part, known)


def patterns_in(*where: str) -> dict[Path, list[str]]:
    """The regular expressions of each Python file there."""
    sources = {path: read(path) for path in committed(*where)}
    everywhere: dict[str, list[ast.expr]] = defaultdict(list)
    for source in sources.values():
        for name, values in constants(source).items():
            everywhere[name] += values
    return {path: [*patterns(source, everywhere)] for path, source in sources.items()}


def before_the_end(pattern: str) -> bool:
    """Whether a pattern has a `$` that is neither escaped nor one of several characters."""
    return "$" in re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", pattern)


@pytest.mark.parametrize(
    "source",
    [
        'import re\n_TAG = r"a$"\nfound = re.compile(_TAG)',
        'import re\n_TAG = r"a$"\nfound = re.compile(rf"{_TAG}|b")',
        'import re\nfound = re.fullmatch("a" + "b$", text)',
        '_TAG: Final = r"a$"\nText = Annotated[str, msgspec.Meta(pattern=_TAG)]',
        "import re\nfrom elsewhere import FAR\nfound = re.compile(FAR)",
        'import re\ndef f(x):\n    local = "a$"\n    return re.sub(local, "", x)',
    ],
)
def test_a_pattern_is_found_wherever_it_stands(source: str) -> None:
    """In the call itself, in a constant, in one of another module, or in parts."""
    assert any(map(before_the_end, patterns(source, constants('FAR = "a$"'))))


def test_what_is_no_pattern_is_not_taken_for_one() -> None:
    """Texts with a `$` that are escaped, or stand elsewhere."""
    for source in (
        're.compile(re.escape("$a"))',
        '_TAG = "$a"\nre.compile("b")',
        're.sub("a", "$", text)',
        r're.compile("[$]")',
    ):
        assert not any(map(before_the_end, patterns(source, {})))


def test_no_pattern_matches_before_a_line_break() -> None:
    r"""`$` also matches before a final newline: what must be the end is written `\Z`, or matched by `fullmatch`."""
    found = patterns_in("src/*.py", "tools/*.py", "bench/*.py", "deploy/*.py")

    assert sum(map(len, found.values())) > 100
    for path, each in found.items():
        assert not [pattern for pattern in each if before_the_end(pattern)], path


def test_digits_are_those_of_ascii() -> None:
    r"""`\d`, `\w` and `str.isdigit` know the digits of every script; a number of ours has `[0-9]` alone."""
    for path, each in patterns_in("src/*.py").items():
        assert not [pattern for pattern in each if re.search(r"\\[dw]", pattern)], path
        for line in read(path).splitlines():
            assert "isascii()" in line or not re.search(r"\.is(digit|decimal|numeric)\(", line), (path, line)


def test_no_route_converts_its_path() -> None:
    """Litestar's `{name:int}` is Python's `int`, which takes `1_0`, `+7` and blanks; a handler's own type is strict."""
    for path in committed("src/entrypoints/http/*.py"):
        assert not re.search(r"\{[a-z_]+:(?!str\})[a-z]+\}", read(path)), path


def test_nothing_of_one_machine_is_committed() -> None:
    """No file names a folder of the machine that it was written on, nor the host of a package registry."""
    folders = re.compile(r"(?<![A-Za-z0-9_.\]}-])/(work|farm|root|home)/")
    hosts = re.compile(
        "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry\\.npm" + "js", "deb\\.debi" + "an"))
    )
    for path in committed():
        text = path.read_bytes().decode("utf-8", errors="replace")
        assert not folders.search(text), path
        assert not hosts.search(text), path


def test_no_source_file_is_long() -> None:
    """A file that needs more than 400 lines is two files."""
    assert {
        path: lines for path in committed("*.py", "*.ts") if (lines := len(read(path).splitlines())) > LINE_LIMIT
    } == {}


def test_sources_parse_as_python_3_11() -> None:
    """Nothing uses the syntax of a newer Python than the oldest that is promised."""
    for path in committed("*.py"):
        parsed = ast.parse(read(path), filename=str(path), feature_version=(3, 11))
        assert bool(parsed.body) == bool(read(path).strip()), path


def test_every_decision_is_in_the_index() -> None:
    """Each decision record is linked from the index under its own title, and has the three parts."""
    index = read("docs/adr/README.md")
    records = [path for path in committed("docs/adr/*.md") if path.name != "README.md"]

    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for path in records:
        title, _, rest = read(path).partition("\n")
        number, _, name = title.removeprefix("# ").partition(": ")
        assert f"| [{number}]({path.name}) | {name} |" in index
        assert re.findall(r"^## (.+)$", rest, re.MULTILINE) == ["Context", "Decision", "Consequences"], path


def test_ci_runs_what_developers_run() -> None:
    """The script that CI starts is executable and consists of the README's own commands."""
    script = REPOSITORY / ".ci/run"

    assert script.stat().st_mode & 0o111 == 0o111
    assert read(script).splitlines()[-3:] == ["make check", "make test", "make deploy-check"]
