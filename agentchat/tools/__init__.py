"""What a model may call: plain functions as tools, and whatever else takes arguments and gives back data.

A tool is told what it needs and answers with JSON or a `ToolError`. What enters is the text a model wrote, never to be
trusted; what leaves is data that can be written down. No conversation, no agent, no store is known here.
"""
