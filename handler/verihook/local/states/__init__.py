"""Evaluates state machines of the Amazon States Language as AWS Step Functions does, and does nothing else.

A definition is checked and compiled once (:func:`~verihook.local.states.machine.compile_machine`); from then on each
turn is a call of :func:`~verihook.local.states.turn.step`: the machine, the position of one execution (plain data that
can be kept as JSON), and what happened (it began, a call was answered, time has passed). It changes the position and
returns what has to be done: events to record, calls to make, calls to forget, the end. Nothing here starts a thread,
reads a clock, opens a connection or knows Verihook: who runs it brings the time and the answers, so that a test can
let years pass in a millisecond and a runner can keep an execution over restarts.

Read in this order: turn.py (what a turn does), container.py (Map and Parallel), positions.py (the data), machine.py
(what a definition becomes), then the languages: paths.py, templates.py, intrinsics.py, jsonata.py, choices.py.

Source: https://states-language.net/spec.html and https://docs.aws.amazon.com/step-functions/latest/dg/ ; if the two
leave something open, answers that AWS gave decide (tests/states/).
"""
