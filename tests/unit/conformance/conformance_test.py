"""tools/conformance, on a project of three requirements."""
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools/conformance"
LOADER = importlib.machinery.SourceFileLoader("conformance", str(TOOL))
SPEC = importlib.util.spec_from_loader("conformance", LOADER)
conformance = importlib.util.module_from_spec(SPEC)
LOADER.exec_module(conformance)

CHECKLIST = """
| ID | Level | Role | Requirement | § | How to observe |
|---|---|---|---|---|---|
| AAA-001 | MUST | server | Answer `a \\| b`. | 1 | - |
| AAA-002 | MUST NOT | client, gateway | Ask twice. | 1 | - |
| AAA-003 | MAY | gateway | Forward. | 2 | - |
| BBB-001 | FACT | any | Another document. | 1 | - |

| AAA-002 | where the reference table says more |
"""
REASONS = """
[scope]
prefixes = ["AAA"]
roles = ["client", "server"]
[prefixes]
BBB = "not today"
[roles]
gateway = "no gateway yet"
[reasons]
"AAA-002" = "cannot be seen"
"""
TEST = """// AAA-001
TEST(answers, both_are_given) {
}
"""


class Sample(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.put("docs/requirements/list.md", CHECKLIST)
        self.put("docs/requirements/reasons.toml", REASONS)
        self.put("tests/unit/some_test.cpp", TEST)

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def run_tool(self, check):
        err = io.StringIO()
        status = conformance.run(self.root, check, io.StringIO(), err)
        return status, err.getvalue()

    def assert_refused(self, words):
        """The check fails for this reason alone, with a fresh document."""
        self.run_tool(check=False)
        status, problems = self.run_tool(check=True)
        self.assertEqual(status, 1)
        self.assertIn(words, problems)
        self.assertEqual(len(problems.splitlines()), 1, problems)

    def places(self, name, text):
        self.put("tests/" + name, text)
        return [(p.file, p.test) for p in
                conformance.Project(self.root).places.get("AAA-001", [])
                if p.file == "tests/" + name]


class Check(Sample):
    def test_a_complete_project_passes(self):
        self.run_tool(check=False)
        self.assertEqual(self.run_tool(check=True), (0, ""))

    def test_checking_writes_nothing(self):
        status, problems = self.run_tool(check=True)
        self.assertEqual(status, 1)
        self.assertIn("stale", problems)
        self.assertFalse((self.root / "docs/conformance.md").exists())

    def test_a_renamed_test_makes_the_document_stale(self):
        self.run_tool(check=False)
        self.put("tests/unit/some_test.cpp", TEST.replace("both", "all"))
        status, problems = self.run_tool(check=True)
        self.assertEqual(status, 1)
        self.assertIn("stale", problems)

    def test_an_id_of_no_checklist_is_refused(self):
        self.put("tests/a.sh", "# AAA-009\n")
        self.assert_refused("tests/a.sh:1: no checklist has AAA-009")

    def test_an_id_of_another_length_is_refused(self):
        self.put("tests/a.sh", "# AAA-01\n")
        self.assert_refused("no checklist has AAA-01")

    def test_ranges_and_short_lists_are_refused(self):
        for text in ("AAA-001..003", "AAA-001-003", "AAA-001/3",
                     "AAA-001 … AAA-003", "AAA-001, 002"):
            with self.subTest(text):
                self.put("tests/a.py", f"# {text}\n")
                self.run_tool(check=False)
                status, problems = self.run_tool(check=True)
                self.assertEqual(status, 1)
                self.assertIn("AAA-001 begins a range", problems)

    def test_a_requirement_without_test_and_reason_is_refused(self):
        self.put("tests/unit/some_test.cpp", "")
        self.assert_refused("AAA-001 (MUST, server) has neither")

    def test_a_role_out_of_scope_does_not_excuse_one_in_scope(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS.replace('"AAA-002"', '#'))
        self.assert_refused("AAA-002 (MUST NOT, client, gateway) has neither")

    def test_a_role_out_of_scope_needs_a_reason(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS.replace("gateway =", "relay ="))
        self.assert_refused("AAA-003 (MAY, gateway) has neither")

    def test_a_reason_beside_a_test_is_refused(self):
        self.put("tests/a.sh", "# AAA-002\n")
        self.assert_refused("AAA-002 has a reason, but also a test")

    def test_a_reason_for_an_unknown_id_is_refused(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS + '"AAA-004" = "x"\n')
        self.assert_refused("a reason is for AAA-004")

    def test_two_reasons_for_one_id_are_refused(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS + '[later]\n"AAA-002" = "next year"\n')
        self.assert_refused("AAA-002 has two reasons, the second in [later]")

    def test_what_binds_somebody_is_not_informative(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS.replace("[reasons]", "[informative]"))
        self.assert_refused("AAA-002 is a MUST NOT, so it cannot be")

    def test_an_informative_row_with_a_test_is_refused(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS + '[informative]\n"AAA-003" = "allows"\n')
        self.put("tests/a.sh", "# AAA-003\n")
        self.assert_refused("AAA-003 has a reason, but also a test")

    def test_a_difference_for_an_unknown_id_is_refused(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS + '[differences]\n"AAA-004" = "x"\n')
        self.assert_refused("a difference is for AAA-004")

    def test_a_prefix_out_of_scope_needs_a_reason(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS.replace("BBB =", "#"))
        self.assert_refused("BBB is out of scope for no reason")

    def test_a_reason_for_a_prefix_in_scope_is_refused(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS.replace("BBB =", 'AAA = "x"\nBBB ='))
        self.assert_refused("AAA is excused")

    def test_an_id_that_stands_twice_is_refused(self):
        self.put("docs/requirements/more.md",
                 "| AAA-001 | MAY | any | Again. | 1 | - |\n")
        self.assert_refused("AAA-001 stands twice")


class Document(Sample):
    def test_it_counts_lists_and_names(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS + '[differences]\n"AAA-001" = "now SHOULD"\n')
        self.run_tool(check=False)
        text = (self.root / "docs/conformance.md").read_text("utf-8")
        for line in (
                "| AAA | MUST |  |  | 1 of 1 |  | 1 of 1 | 0 | 0 "
                "| 1 of 1, 100 % |",
                "| AAA | MUST NOT |  | 0 of 1 |  |  | 0 of 1 | 0 | 0 "
                "| 0 of 1, 0 % |",
                "| AAA | all |  | 0 of 1 | 1 of 1 | 0 of 1 | 1 of 3 | 0 | 0 "
                "| 1 of 3, 33 % |",
                "| BBB | 1 | 0 | not today |",
                "| AAA-002 | MUST NOT | client, gateway | Ask twice. "
                "| cannot be seen |",
                "| AAA-003 | MAY | gateway | Forward. | no gateway yet |",
                "| AAA-001 | now SHOULD |",
                "| AAA-001 | MUST | `tests/unit/some_test.cpp` "
                "both_are_given |"):
            self.assertIn("\n" + line + "\n", text)


    def test_it_counts_apart_what_no_test_can_see_yet(self):
        self.put("docs/requirements/reasons.toml",
                 REASONS.replace("[reasons]", "[later]")
                 + '[informative]\n"AAA-003" = "allows"\n')
        self.run_tool(check=False)
        text = (self.root / "docs/conformance.md").read_text("utf-8")
        for line in (
                "| AAA | MUST NOT |  | 0 of 1 |  |  | 0 of 1 | 0 | 1 "
                "| none is left |",
                "| AAA | MAY |  |  |  | 0 of 1 | 0 of 1 | 1 | 0 "
                "| none is left |",
                "| AAA | all |  | 0 of 1 | 1 of 1 | 0 of 1 | 1 of 3 | 1 | 1 "
                "| 1 of 1, 100 % |"):
            self.assertIn("\n" + line + "\n", text)
        without, later, informative = (
            text.index("\n## " + title) for title in
            ("Requirements without", "Requirements of parts", "Informative"))
        self.assertTrue(without < later < text.index("| AAA-002 |")
                        < informative < text.index("| AAA-003 |"))


class NearestTest(Sample):
    def test_a_comment_belongs_to_the_test_below(self):
        text = "TEST(a, first) {\n}\n// AAA-001\n// and why\nTEST_P(a, b) {\n"
        self.assertEqual(self.places("x.cpp", text), [("tests/x.cpp", "b")])

    def test_a_comment_inside_belongs_to_the_test_around(self):
        text = "TEST(a, first) {\n  f(); // AAA-001\n}\nTEST(a, b) {\n}\n"
        self.assertEqual(self.places("x.cpp", text),
                         [("tests/x.cpp", "first")])

    def test_a_table_belongs_to_the_test_that_follows(self):
        text = ("TEST(a, first) {\n}\nint table[] = {1, // AAA-001\n};\n"
                "TEST_F(long,\n       second) {\n}\n")
        self.assertEqual(self.places("x.cpp", text),
                         [("tests/x.cpp", "second")])

    def test_python_and_shell_have_names_too(self):
        self.assertEqual(
            self.places("x.py", "  # AAA-001\n  def test_it(self):\n"),
            [("tests/x.py", "test_it")])
        self.assertEqual(self.places("x.sh", "f() {\n  # AAA-001\n}\n"),
                         [("tests/x.sh", "f")])
        self.assertEqual(self.places("x.sh", "f() {\n}\n# AAA-001\nx=1\n"),
                         [("tests/x.sh", "")])

    def test_corpora_are_not_read(self):
        self.assertEqual(self.places("corpus/x", "AAA-001"), [])


if __name__ == "__main__":
    unittest.main()
