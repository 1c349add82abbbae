"""The web page of Verihook: static files, which are a client of ``/v1`` and of nothing else (docs/console.md)."""
