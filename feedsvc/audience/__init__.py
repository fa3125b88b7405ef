"""Who reads the feeds, counted from access logs. A wing: the service never imports it.

`logs` yields the lines of log files, `access` reads one, `addresses` says which feed it asks
for, `agents` what program asked, `counters` counts, `count` does all that for whole logs, and
`report` is what came out. What is counted, and what is not: docs/operator.md, "Who reads us".
"""
