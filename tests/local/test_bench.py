"""`make bench`: what its numbers mean, and that it measures nothing but what it says."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from argon2 import PasswordHasher
from django.db import connection
from redis import Redis

from accounts.models import Session, User
from identity.local.bench import __main__ as command
from identity.local.bench import api, cpu, crowd, growth, measure, people, report
from identity.local.bench.default_stack.hasher import OneLaneHasher
from identity.local.bench.measure import Subject
from identity.local.bench.report import Comparison
from identity.local.bench.rows import EMPTY_VIEW, ROWS
from identity.local.bench.sites import DEFAULT_STACK, LEAN_STACK
from identity.local.bench.stage import Stage
from identity.local.bench.visitor import UnexpectedAnswer, Visitor
from identity.local.crowd import fill
from identity.local.programs import ROOT, Lock, MachineError
from tokens.models import Family


def test_a_ratio_is_the_median_of_rounds_with_its_quartiles():
    assert measure.ratio([1, 4, 9, 16, 25], [1, 2, 3, 4, 5]) == (2, 3, 4)


def test_each_round_is_compared_with_its_own_unit():
    slow_machine, fast_machine = [10.0, 2.0, 6.0], [5.0, 1.0, 3.0]
    assert measure.ratio(slow_machine, fast_machine) == (2, 2, 2)


def test_rounds_that_do_not_match_are_a_mistake():
    with pytest.raises(ValueError, match="shorter"):
        measure.ratio([1, 2, 3], [1, 2])


def test_every_row_gets_its_ratios():
    assert measure.ratios({"a": [2, 2], "b": [8, 8]}, [2, 2]) == {"a": (1, 1, 1), "b": (4, 4, 4)}


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(measure, "BLOCK_SECONDS", 0.02)
    monkeypatch.setattr(measure, "ROUNDS", 3)


HASH = "argon2" + PasswordHasher(memory_cost=64, time_cost=1, parallelism=1).hash(people.PASSWORD)


def test_rounds_visit_every_row_in_turn_after_one_that_does_not_count(short):
    visited = []
    subjects = [Subject(name, [lambda name=name: visited.append(name)], [os.getpid()]) for name in "ab"]
    visits, hashes = measure.rounds(subjects, HASH)
    assert {name: len(costs) for name, costs in visits.items()} == {"a": 3, "b": 3}
    assert len(hashes) == 3
    assert visited[:2] == ["a", "b"]
    turns = [name for name, before in zip(visited[2:], ["", *visited[2:]], strict=False) if name != before]
    assert turns == ["a", "b"] * 3


def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_visit_costs_what_the_processor_did_and_not_what_the_clock_says(short):
    working = measure.one_visit(Subject("", [lambda: burn(0.1)], [os.getpid()]))
    waiting = measure.one_visit(Subject("", [lambda: time.sleep(0.1)] * 2, [os.getpid()]))
    # The kernel counts in steps of 10 ms.
    assert working > 0.05 > waiting


def test_what_ended_children_used_counts():
    before = cpu.used([os.getpid()])
    script = "import time\nwhile time.process_time() < 0.1: pass"
    subprocess.run([sys.executable, "-S", "-c", script], check=True)
    assert cpu.used([os.getpid()]) - before >= 0.08


def test_what_living_children_used_counts():
    script = "import time\nwhile time.process_time() < 0.1: pass\nprint(flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    before = cpu.used([os.getpid()])
    with subprocess.Popen([sys.executable, "-S", "-c", script], **pipes) as child:
        child.stdout.readline()
        assert cpu.used([os.getpid()]) - before >= 0.08
        child.kill()


def test_a_hash_of_another_password_is_not_measured():
    assert measure.one_hash(HASH) > 0
    with pytest.raises(Exception, match="does not match"):
        measure.one_hash("argon2" + PasswordHasher(memory_cost=64, time_cost=1).hash("another"))


# --- The visitor


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.asked.append((self.command, dict(self.headers), body))
        status = int(self.path[1:4])
        self.send_response(status)
        self.send_header("Set-Cookie", "__Host-csrf=token; Path=/; Secure")
        self.send_header("Set-Cookie", f"seen={len(self.server.asked)}")
        self.send_header("Content-Length", str(len(self.server.words)))
        self.end_headers()
        self.wfile.write(self.server.words)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.words, server.daemon_threads = [], b"ok", True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def visitor(site):
    visitor = Visitor(site.server_address[1])
    yield visitor
    visitor._connection.close()


@pytest.mark.parametrize("status", [302, 403, 429, 500, 503])
def test_a_page_that_answers_otherwise_fails_loudly(visitor, status):
    with pytest.raises(UnexpectedAnswer, match=f"GET /{status} answered {status} instead of 200"):
        visitor.get(f"/{status}")


def test_a_form_that_is_refused_fails_loudly(visitor):
    assert visitor.get("/200") == "ok"
    with pytest.raises(UnexpectedAnswer, match="POST /200 answered 200 instead of 302"):
        visitor.post("/200", {})
    assert visitor.post("/302", {}) == "ok"


def test_it_keeps_its_cookies_and_sends_the_token_of_the_form(visitor, site):
    visitor.get("/200")
    visitor.post("/302", {"a": "ä"})
    _method, headers, body = site.asked[-1]
    assert headers["Cookie"] == "__Host-csrf=token; seen=1"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body) == {"a": ["ä"], "csrfmiddlewaretoken": ["token"]}


def test_a_program_sends_json_and_is_given_what_it_says(visitor, site):
    site.words = b'{"b": ["\xc3\xa4"]}'
    assert visitor.post_json("/200", {"a": "ä"}, bearer="abc") == {"b": ["ä"]}
    method, headers, body = site.asked[-1]
    assert (method, json.loads(body)) == ("POST", {"a": "ä"})
    assert (headers["Content-Type"], headers["Authorization"]) == ("application/json", "Bearer abc")


def test_a_program_that_is_refused_fails_loudly(visitor):
    with pytest.raises(UnexpectedAnswer, match="POST /401 answered 401 instead of 200"):
        visitor.post_json("/401", {})


def test_a_token_goes_with_the_one_request_it_is_given_to(visitor, site):
    visitor.get("/200", bearer="abc")
    visitor.get("/200")
    first, second = (headers for _method, headers, _body in site.asked)
    assert first["Authorization"] == "Bearer abc"
    assert "Authorization" not in second
    assert "Content-Type" not in second


def test_once_forgotten_it_is_somebody_else_from_elsewhere(visitor, site):
    visitor.get("/200")
    visitor.forget()
    visitor.get("/200")
    first, second = (headers for _method, headers, _body in site.asked)
    assert second["Cookie"] == ""
    assert first["X-Forwarded-For"] != second["X-Forwarded-For"]


# --- The command


def test_a_second_bench_is_refused_and_leaves_the_first_its_files(tmp_path):
    (tmp_path / "bench").mkdir()
    first = Lock(tmp_path / "bench.lock")
    first.take()
    run = [sys.executable, "-m", "identity.local.bench"]
    apart = {**os.environ, "VAR_DIRECTORY": str(tmp_path)}
    done = subprocess.run(run, cwd=ROOT, env=apart, capture_output=True, text=True, check=False)
    first.free()
    assert (done.returncode, done.stdout) == (1, "bench: a bench is running already for this checkout.\n")
    assert (tmp_path / "bench").exists()


@pytest.mark.parametrize(
    ("trouble", "status"), [(UnexpectedAnswer("x"), 1), (MachineError("x"), 1), (KeyboardInterrupt(), 130)]
)
def test_trouble_is_told_by_the_exit_code_and_no_numbers_are_shown(monkeypatch, capsys, trouble, status):
    def staged():
        raise trouble

    monkeypatch.setattr(command, "staged", staged)
    assert command.main([]) == status
    assert "Argon2" not in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "measured"), [([], [*ROWS, *api.ROWS]), (["--api"], [ROWS[0], *api.ROWS])])
def test_it_measures_what_is_asked_for(monkeypatch, asked, measured):
    monkeypatch.setattr(command, "served", lambda stage, rows: rows)
    assert command.chosen(asked)(None) == measured


def test_databases_are_copied_before_anybody_connects_to_them(monkeypatch):
    done = []
    monkeypatch.setattr(command, "served", lambda stage, rows: done.append("served"))
    monkeypatch.setattr(growth, "gather", lambda stage, crowd: done.append(crowd))
    command.chosen(["--growth"])(None)
    assert done == [growth.FEW, growth.MANY, "served"]


# --- The report


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_the_report_has_a_line_for_each_row(capsys):
    report.costs({EMPTY_VIEW: [0.001] * 5, "twice": [0.002] * 5}, [0.020] * 5)
    line = next(line for line in lines(capsys) if line.startswith("twice"))
    assert line.split() == ["twice", "2.00", "2.0", "[2.0–2.0]", "0.100", "[0.100–0.100]"]


def test_what_was_promised_is_held_against_what_was_measured(capsys):
    visits = {"ours": [1.0, 2.0, 3.0], "theirs": [10.0, 10.0, 10.0]}
    wanted = [
        Comparison("ours", "theirs", 0.2),
        Comparison("theirs", "ours", 4),
        Comparison("ours", report.ARGON2),
    ]
    report.comparisons(visits, [2.0, 2.0, 2.0], wanted)
    assert [line.split() for line in lines(capsys)[2:]] == [
        ["ours", "÷", "theirs", "0.20", "[0.15–0.25]", "0.20", "✓"],
        ["theirs", "÷", "ours", "5.00", "[4.17–7.50]", "4.00", "✗"],
        ["ours", "÷", "one", "Argon2", "verification", "1.00", "[0.75–1.25]"],
    ]


def test_what_was_not_measured_is_not_compared(capsys):
    report.comparisons({"ours": [1.0, 1.0]}, [1.0, 1.0], [Comparison("ours", "theirs", 0.2)])
    assert lines(capsys) == []


def test_every_comparison_names_rows_that_there_are():
    grown = [row for size in (growth.FEW, growth.MANY) for row in growth.rows_among(size)]
    names = {report.ARGON2, *(row.name for row in [*ROWS, *api.ROWS, *grown])}
    for comparison in [*api.COMPARISONS, *growth.COMPARISONS]:
        assert {comparison.row, comparison.unit} <= names


# --- People


def test_the_people_of_the_bench_are_visited_in_turn():
    assert len({people.address(number) for number in range(1000)}) == people.NUMBER


def test_of_a_crowd_a_few_are_visited_from_all_over_it():
    visited = [people.address_among(1_000_000, number) for number in range(40)]
    assert visited[:3] == [f"person{number}@bench.example" for number in (0, 50_000, 100_000)]
    assert visited[19:21] == ["person950000@bench.example", "person0@bench.example"]


def test_a_crowd_is_made_of_people_like_those_before(db, bob):
    values = {"seeded": 20, "last": 24, "newest": bob.pk, "password": bob.password}
    with connection.cursor() as cursor:
        for table in crowd.TABLES:
            fill(cursor, table, values)
    person = User.objects.get(email="person24@bench.example")
    assert person.has_verified_email
    assert person.password == bob.password
    assert User.objects.count() == Family.objects.count() + 1 == Session.objects.count() + 1 == 6
    assert len({family.public_id for family in Family.objects.all()}) == 5
    assert person.families.get().secret


# --- The default stack


@pytest.fixture(scope="module")
def stage_of_default_stack(tmp_path_factory):
    stage = Stage(tmp_path_factory.mktemp("bench") / "stage")
    try:
        stage.start()
        stage.seed(DEFAULT_STACK)
        yield stage
    finally:
        stage.stop()


@pytest.fixture(scope="module")
def default_stack(stage_of_default_stack):
    _process, port = stage_of_default_stack.serve(DEFAULT_STACK)
    visitor = Visitor(port)
    yield visitor
    visitor._connection.close()


@pytest.fixture
def program(monkeypatch):
    monkeypatch.setattr(people, "NUMBER", 1)
    return api.Program(api.DEFAULT_API)


def test_the_default_stack_does_the_three_jobs(default_stack):
    credentials = {"email": people.address(7), "password": people.PASSWORD}
    tokens = default_stack.post_json(api.DEFAULT_API.login, credentials)
    me = default_stack.get(api.DEFAULT_API.me, bearer=tokens["access"])
    assert json.loads(me)["email"] == people.address(7)
    default_stack.get(api.DEFAULT_API.me, expect=401)


def test_the_default_stack_limits_people_and_strangers_where_every_process_counts_them(
    default_stack, stage_of_default_stack, program
):
    with Redis.from_url(stage_of_default_stack.environment["REDIS_URL"]) as redis:
        redis.flushall()
        program.arrive(default_stack)
        assert len(redis.keys("*throttle_user*")) == 1
        program.me(default_stack)
        assert len(redis.keys("*throttle_user*")) == 2


def test_the_lean_stack_does_the_same_and_counts_nobody(stage_of_default_stack, program):
    site = LEAN_STACK._replace(database=DEFAULT_STACK.database)
    _process, port = stage_of_default_stack.serve(site)
    visitor = Visitor(port)
    with Redis.from_url(stage_of_default_stack.environment["REDIS_URL"]) as redis:
        redis.flushall()
        program.arrive(visitor)
        program.me(visitor)
        assert not redis.keys("*")
    visitor._connection.close()


def test_each_refresh_takes_the_place_of_the_one_before(default_stack, program):
    program.arrive(default_stack)
    first = program._tokens.get()
    program._tokens.put(first)
    for _ in range(2):
        program.refresh(default_stack)
        program.me(default_stack)
    default_stack.post_json(api.DEFAULT_API.refresh, {"refresh": first["refresh"]}, expect=401)


def test_its_passwords_cost_what_ours_cost_by_default():
    script = "from identity.settings import *; print(PASSWORD_HASH_MEMORY_KIB, PASSWORD_HASH_ROUNDS)"
    unset = {name: value for name, value in os.environ.items() if not name.startswith("PASSWORD_")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=unset, capture_output=True, text=True, check=True
    )
    hasher = OneLaneHasher()
    assert done.stdout.split() == [str(hasher.memory_cost), str(hasher.time_cost)]
    assert hasher.parallelism == 1
