"""Transcripts in the formats of others, and conversations of others as transcripts.

One file a format. An export is a pure function from a transcript to a text and what is lost in it (`exported`); what is
lost is data and is always told. Nothing here sends anything, reads a clock or decides anything: an import plays what it
is given through `policy.decide` as a run would. No text of a message may pass for structure of the format it goes into.
"""
