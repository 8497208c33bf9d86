"""What a model is asked: which messages it is shown, in the words of its wire, and the exact bytes of the request."""
