"""Shared by functions as a layer."""


def greet(name):
    return f"hello {name}"
