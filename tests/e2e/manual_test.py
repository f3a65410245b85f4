"""Every example of clockwire-rules(5) goes through `clockwire check`, and every word of the
language's tables is on the page.

An example stands between .EX and .EE. One that begins with `version:` is a whole file, and the
frame of the others; `- id:` begins rules; anything else is keys of one rule. Under NOT YET, after
the comment `refused`, each line is a key that must be refused as not in this build."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("CW_ROOT", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("CW_BUILD", ROOT / "build"))
PAGE = "deploy/man/clockwire-rules.5"


def plain(text):
    return re.sub(r"\\f[BIRP]|\\&", "", text.replace("\\-", "-").replace("\\(aq", "'")
                  .replace("\\(ha", "^")) \
        .replace("\\e", "\\")


def examples(lines):
    """(number of the first line, text, whether it must be refused)"""
    begun, refused = None, False
    for number, line in enumerate(lines, 1):
        if line == ".EX":
            begun = number
        elif line == ".EE":
            yield begun + 1, plain("\n".join(lines[begun:number - 1])) + "\n", refused
            begun, refused = None, False
        elif line == '.\\" refused':
            refused = True


def rule_of(text):
    """One rule with these keys, and with what it needs besides."""
    have = set(re.findall(r"^(\w+):", text, re.M))
    own = [f"{k}: {v}\n" for k, v in (("id", "example"), ("when", "github.push"), ("then", "stop"))
           if k not in have]
    lines = ("".join(own) + text).splitlines()
    return "- " + "\n  ".join(lines) + "\n"


def whole(text, frame):
    if text.startswith("version:"):
        return text
    rules = text if text.startswith("- id:") else rule_of(text)
    return frame.replace("rules: []\n", "rules:\n") + rules


def check(text):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in re.findall(r"\$\{secret\.(\w+)\}", text):
            (folder / name).write_text("a-long-enough-secret-0123456789\n")
        (folder / "example.yaml").write_text(text)
        r = subprocess.run([BUILD / "bin/clockwire", "check", folder / "example.yaml",
                            "--secrets", folder], capture_output=True, text=True, timeout=60)
        return r.returncode, (r.stdout + r.stderr).replace(str(folder) + "/", "")


def words():
    """(file, word) of the tables that make the language."""
    for file, pattern in (("rules/grammar.c", r'\{"(\w+)",\s*CWR_FORM_\w+,(?![^{}]*\.later)'),
                          ("rules/template.h", r'\bF\([A-Z_]+, "(\w+)",'),
                          ("bridge/action/action.c", r'\{\.name = "(\w+)"(?![^{}]*\.later)')):
        text = (ROOT / file).read_text()
        if file == "rules/grammar.c":  # users and hours are of clockwire.yaml(5)
            text = text[text.index(" rule[] = {"):]
            text = re.sub(r" every\[\] = \{.*?^\};", "", text, flags=re.M | re.S)  # not yet
        found = re.findall(pattern, text)
        assert found, f"{file}: its table has moved"
        for word in found:
            yield file, word


def main():
    lines = (ROOT / PAGE).read_text().splitlines()
    all_ = list(examples(lines))
    frame = next(text for _, text, _ in all_ if text.startswith("version:"))
    failed = checked = 0

    def fail(number, what):
        nonlocal failed
        failed += 1
        print(f"{PAGE}:{number}: {what}")

    for number, text, refused in all_:
        if not refused:
            code, said = check(whole(text, frame))
            checked += 1
            if code or "0 warnings" not in said:
                fail(number, f"this example is not right\n{said}")
            continue
        for at, line in enumerate(text.splitlines(), number):
            code, said = check(whole(line + "\n", frame))
            checked += 1
            if code == 0 or "error[not-in-this-build]" not in said:
                fail(at, f"`{line}` is not refused as not in this build: when the build has it "
                         f"by now, tell what it does and take it from NOT YET\n{said}")
    explained = plain("\n".join(x for x in lines if re.match(r"\.(B|BR|BI|IR) ", x)))
    for file, word in words():
        if not re.search(rf"\b{word}\b", explained):
            fail(1, f"`{word}` of {file} is not explained")
    print(f"{checked} examples, {failed} wrong")
    assert checked > 40
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
