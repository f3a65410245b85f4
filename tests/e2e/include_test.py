"""A configuration in several files, in folders as containers mount them: checked, served, reloaded."""

import os
import signal
import subprocess

from bridge import ADA, CLOCKWIRE, CONFIG, GRACE, SLOW, main, test, until, world

WITH = CONFIG.replace("version: 1\n", "version: 1\ninclude: conf.d/*.yaml\n")
TEAM = """teams:
  all: [ada, grace]
rules:
  - id: team-start
    when: github.push
    user: team:all
    if: { timer: stopped%s }
    then: { start: { task: KEY-123 } }
"""
ALWAYS = """hours:
  open: { windows: mon-sun 00:00-24:00, except: [holidays.ics] }
"""
CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART:20200101
%sEND:VEVENT
END:VCALENDAR
"""


def mount(folder, number, **files):
    """The next state of a mounted folder, taken over in one step, as the kubelet does it."""
    version = folder / f"..v{number}"
    version.mkdir(parents=True)
    for name, text in files.items():
        (version / name.replace("_", ".")).write_text(text)
    link = folder / "..data.new"
    link.symlink_to(version.name)
    os.replace(link, folder / "..data")
    for name in files:
        name = name.replace("_", ".")
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


def reloaded(b, n):
    return until(lambda: len(b.log("configuration reloaded")) == n)


@test
def a_mounted_folder_is_read_and_read_again():
    with world(start=False, rules="", config=WITH) as (sim, b):
        conf = b.folder / "conf.d"
        mount(conf, 1, team_yaml=TEAM % "")
        b.start()
        assert b.push({"n": 1}, "d-1") == 202
        assert until(lambda: sim.acts(ADA) == sim.acts(GRACE) == ["started"]), sim.acts()
        assert f"{conf}/team.yaml:4" in b.command("why", "1").stdout, b.command("why", "1").stdout
        mount(conf, 2, team_yaml=(TEAM % "").replace("timer: stopped", "timer: running")
              .replace("start: { task: KEY-123 }", "log: heard").replace("team:all", "everyone"))
        assert b.command("reload").returncode == 0 and reloaded(b, 1)
        assert b.push({"n": 2}, "d-2") == 202
        assert until(lambda: len(b.log("heard")) == 2), b.log_text()


@test
def a_fault_in_one_file_is_told_in_its_own_lines_and_changes_nothing():
    with world(start=False, rules="", config=WITH) as (sim, b):
        conf = b.folder / "conf.d"
        mount(conf, 1, team_yaml=TEAM % "")
        b.start()
        mount(conf, 2, team_yaml=(TEAM % "").replace("[ada, grace]", "[ada, garce]"))
        r = b.command("reload")
        assert r.returncode == 1, r
        said = r.stdout + r.stderr
        assert f"{conf}/team.yaml:2:14: error[unknown-user]" in said, said
        assert "did you mean `grace`?" in said and "\n2 |   all: [ada, garce]\n" in said, said
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: b.log("the new configuration has faults; the old one goes on"))
        told = {x["at"] for x in b.log() if x.get("code") == "unknown-user"}
        assert told == {f"{conf}/team.yaml:2:14"}, b.log_text()
        assert b.push({"n": 1}, "d-1") == 202
        assert until(lambda: sim.acts(ADA) == ["started"])


@test
def check_shows_files_as_they_are_named():
    with world(start=False, rules="", config=WITH) as (sim, b):
        (b.folder / "conf.d").mkdir()
        (b.folder / "conf.d/a.yaml").write_text("rules:\n  - { id: a, when: github.push, then: stopp }\n")
        (b.folder / "conf.d/b.yaml").write_text("include: ../clockwire.yaml\nusers: { ada: {} }\n")
        r = subprocess.run([CLOCKWIRE, "check", "clockwire.yaml", "--secrets", "secrets"], cwd=b.folder,
                           capture_output=True, text=True, timeout=30 * SLOW)
        assert r.returncode == 1
        assert r.stdout.startswith("conf.d/b.yaml:1:10: error[include-cycle]: conf.d/../clockwire.yaml "
                                   "includes itself by way of conf.d/b.yaml\n"), r.stdout
        (b.folder / "conf.d/b.yaml").write_text("users: { ada: {} }\n")
        r = b.command("check", str(b.file))
        assert "b.yaml:1:10: error[duplicate-key]: `users.ada` is given twice" in r.stdout, r.stdout
        assert f"first given at {b.file}:" in r.stdout, r.stdout
        (b.folder / "conf.d/b.yaml").unlink()
        r = b.command("check", str(b.file))
        assert "a.yaml:2:39: error[unknown-action]" in r.stdout, r.stdout
        assert "did you mean `stop`?" in r.stdout, r.stdout


@test
def tests_of_all_files_are_played():
    with world(start=False, rules="", config=WITH) as (sim, b):
        (b.folder / "conf.d").mkdir()
        (b.folder / "conf.d/team.yaml").write_text((TEAM % "") + """tests:
  - name: grace
    user: grace
    steps:
      - { at: "2026-03-02 10:00", event: github.push, with: { n: 1 }, expect: stop }
""")
        r = b.command("test", str(b.file))
        assert r.returncode == 1 and "conf.d/team.yaml:13:79: error[test-failed]" in r.stdout, r.stdout


@test
def holidays_change_with_a_reload():
    with world(start=False, rules="", config=WITH) as (sim, b):
        conf = b.folder / "conf.d"
        files = {"team_yaml": (TEAM % ", during: open") + ALWAYS}
        mount(conf, 1, holidays_ics=CALENDAR % "RRULE:FREQ=DAILY\n", **files)
        b.start()
        assert b.push({"n": 1}, "d-1") == 202
        assert until(lambda: len(b.events()) == 1) and not b.events()[0]["runs"]
        assert "is on an exception of mon-sun" in b.command("why", "1").stdout
        mount(conf, 2, holidays_ics=CALENDAR % "", **files)
        assert b.command("reload").returncode == 0 and reloaded(b, 1)
        assert b.push({"n": 2}, "d-2") == 202
        assert until(lambda: sim.acts(ADA) == sim.acts(GRACE) == ["started"]), sim.acts()
        mount(conf, 3, holidays_ics="<html>Please log in</html>\n", **files)
        r = b.command("reload")
        assert r.returncode == 1 and "cannot read holidays.ics: line 1: " in r.stdout + r.stderr, r


main()
