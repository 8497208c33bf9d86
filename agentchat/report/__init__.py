"""One HTML page that shows a run: everything a transcript says, in a file that needs nothing else.

`page.write_page` is the way in. Python reads the transcript and works out what needs the policy's own code (which
prompt was sent, what a call cost, what stands against the budget); the page's scripts only draw. The room reads
transcripts and its own templates: no network, no clock, no store, no terminal.
"""
