"""The room of models: what answers requests. Each is one attempt per call, and raises a ModelError for what goes wrong.

Here live the wire of a service, the reading of its answers and the models that need no service. Never here: who asks
and why, budgets, retries, prompts, or anything kept between the calls of a conversation.
"""
