"""Runs state machines on one machine: turns of :mod:`verihook.local.states`, kept in one SQLite file.

    runner.py        Runner: starts, answers, stops, redrives; each turn is one transaction, and its calls follow it
    store.py         the file: where each execution stands, the calls that it made, its history, its end
    rows.py          what is kept of an execution
    deadlines.py     one thread that wakes executions when their time has come
    pool.py          a bounded number of threads for calls, with fair turns for every machine
    integrations.py  what a Task calls: functions of this process, payloads
    children.py      executions that a Task starts
    express.py       Express executions, which are kept nowhere
    ends.py          who waits for an end is woken by it

Nothing waits in a thread but calls: an execution that waits is a row, and a deadline in a heap.
"""
