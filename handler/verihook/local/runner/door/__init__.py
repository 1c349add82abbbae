"""The API of Step Functions on one machine: by calls in this process, and by HTTP on loopback.

operations.py   the operations (StartExecution, RedriveExecution ...), tasks.py those on task tokens
machines.py     the state machines, and the operations on them; map_runs.py those on Map runs
validation.py   what AWS checks in a request, and AWS's error shape; pages.py long answers
client.py       a client of boto3's names that calls them in this process
endpoint.py     HTTP/1.1 on loopback, AWS JSON 1.0 in and out, for AWS's own clients
"""
